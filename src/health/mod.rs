//! Whether the gate can be reached and moved: a verdict on each part, and what mends it.

#[cfg(feature = "api")]
mod judge;
#[cfg(feature = "api")]
mod monitor;

use std::fmt;

use serde::{Deserialize, Serialize};

#[cfg(all(test, feature = "page"))]
pub(crate) use self::judge::tests::sentences;
#[cfg(feature = "api")]
pub(crate) use self::monitor::Monitor;

/// The verdict on everything.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct Health {
    /// The worst of the parts'.
    pub(crate) verdict: Verdict,
    /// Each of the parts.
    pub(crate) parts: Vec<PartHealth>,
}

/// The verdict on one part.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
pub(crate) struct PartHealth {
    /// Which part.
    pub(crate) part: Part,
    /// How it is.
    pub(crate) verdict: Verdict,
    /// What was found, in words.
    pub(crate) what: String,
    /// What mends it; `null` when nothing needs to be mended.
    pub(crate) mend: Option<String>,
    /// Whether it could be looked at; what could not is taken to be well.
    #[serde(skip, default = "known")]
    pub(crate) is_known: bool,
}

const fn known() -> bool {
    true
}

/// How something is; the later the worse.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// As it should be.
    Ok,
    /// Somebody should look.
    Warning,
    /// The gate cannot be moved, or phones cannot find it.
    Failing,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "api", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Part {
    /// The daemon itself.
    Process,
    /// The process that holds the relays.
    Keeper,
    /// Whether phones have a way here.
    Network,
    /// Whether our own record is answered when it is asked for as a phone would.
    Mdns,
    /// Whether a controller was heard lately.
    Controllers,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failing => "failing",
        })
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Process => "process",
            Self::Keeper => "keeper",
            Self::Network => "network",
            Self::Mdns => "mdns",
            Self::Controllers => "controllers",
        })
    }
}
