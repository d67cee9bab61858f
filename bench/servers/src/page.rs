//! The page that shows the figures: what stands between two marks is ours to write.

use std::fs;
use std::path::PathBuf;

use crate::Failure;

const BEGIN: &str = "<!-- bench/run writes from here -->\n";
const END: &str = "<!-- to here -->\n";

/// A page that has the marks.
pub(crate) struct Page {
    path: PathBuf,
}

impl Page {
    /// The page at `path`; an error when there is no place in it to write to.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Failure> {
        let page = Self { path };
        page.with("")?;
        Ok(page)
    }

    /// Puts the text between the marks.
    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        Ok(fs::write(&self.path, self.with(text)?)?)
    }

    /// Where a picture of that name belongs.
    pub(crate) fn image(&self, name: &str) -> PathBuf {
        self.path.with_file_name("images").join(name)
    }

    fn with(&self, text: &str) -> Result<String, Failure> {
        let page = fs::read_to_string(&self.path).map_err(|error| format!("{}: {error}", self.path.display()))?;
        Ok(replaced(&page, text).ok_or_else(|| format!("{} has no {BEGIN:?} and {END:?}", self.path.display()))?)
    }
}

fn replaced(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{text}\n{END}{after}"))
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

    #[test]
    fn the_page_of_this_tree_has_the_marks() {
        Page::open(PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/performance.md"))).unwrap();
    }

    #[test]
    fn a_page_without_marks_is_refused_before_anything_is_measured() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Page::open(file.path().to_owned()).is_err());
    }
}
