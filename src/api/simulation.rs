//! `/api/v1/gates/{gate}/simulation`: what happens to a simulated gate, for trials and tests. Nothing
//! real is pressed by it: a gate whose relay is simulated has no contact that is not.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use utoipa::ToSchema;

use super::wire::Truth;
use super::{Api, Problem, gates};
use crate::live_gate::{Happening, Simulation};

/// What can happen to it, as paths write it.
#[derive(ToSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "it describes a path")]
pub(super) enum Played {
    Remote,
    Obstruct,
    Free,
    Jam,
    Loosen,
    ButtonDown,
    ButtonUp,
}

impl Truth {
    fn of(simulation: &Simulation) -> Self {
        let (really, position) = simulation.truth();
        Self { really, open_ms: u64::try_from(position.as_millis()).unwrap_or(u64::MAX) }
    }
}

#[utoipa::path(
    get,
    path = "/api/v1/gates/{gate}/simulation",
    operation_id = "show_simulation",
    params(("gate" = String, Path, description = "the gate's name")),
    responses((status = 200, body = Truth, description = "what the simulated gate really does"), super::openapi::Refused),
)]
pub(super) async fn show(State(api): State<Arc<Api>>, Path(name): Path<String>) -> Result<Json<Truth>, Problem> {
    Ok(Json(Truth::of(&*find(&api, &name)?)))
}

#[utoipa::path(
    post,
    path = "/api/v1/gates/{gate}/simulation/{happening}",
    operation_id = "play",
    params(("gate" = String, Path, description = "the gate's name"), ("happening" = Played, Path, description = "what happens to it")),
    responses((status = 200, body = Truth, description = "what the simulated gate really does then"), super::openapi::Refused),
)]
pub(super) async fn play(
    State(api): State<Arc<Api>>,
    Path((name, happening)): Path<(String, String)>,
) -> Result<Json<Truth>, Problem> {
    let simulation = find(&api, &name)?;
    simulation.play(match happening.as_str() {
        "remote" => Happening::Remote,
        "obstruct" => Happening::Obstruct,
        "free" => Happening::Free,
        "jam" => Happening::Jam,
        "loosen" => Happening::Loosen,
        "button-down" => Happening::ButtonDown,
        "button-up" => Happening::ButtonUp,
        _ => {
            return Err(Problem::new(
                404,
                "a simulated gate knows remote, obstruct, free, jam, loosen, button-down and button-up",
            ));
        }
    });
    Ok(Json(Truth::of(&simulation)))
}

fn find(api: &Api, name: &str) -> Result<Arc<Simulation>, Problem> {
    let simulation = gates::find(api, name)?.simulation();
    simulation.ok_or_else(|| Problem::new(404, format!("the relay of gate {name:?} is not simulated")))
}
