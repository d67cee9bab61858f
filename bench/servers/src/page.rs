//! The page that shows the figures: what stands between two marks is ours to write.

use std::fs;
use std::path::Path;

use crate::Failure;

const BEGIN: &str = "<!-- bench/run writes from here -->\n";
const END: &str = "<!-- to here -->\n";

/// Puts the table between the marks of the page.
pub(crate) fn write(path: &Path, table: &str) -> Result<(), Failure> {
    let page = fs::read_to_string(path)?;
    let page = replaced(&page, table).ok_or_else(|| format!("{} has no {BEGIN:?} and {END:?}", path.display()))?;
    Ok(fs::write(path, page)?)
}

fn replaced(page: &str, table: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let page = format!("# Title\n{BEGIN}old\n{END}the rest\n");
        assert_eq!(replaced(&page, "new\n").unwrap(), format!("# Title\n{BEGIN}\nnew\n\n{END}the rest\n"));
        assert_eq!(replaced("# Title", "new"), None);
    }
}
