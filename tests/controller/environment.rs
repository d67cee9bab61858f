//! The Python environment of the controller, installed once for each list of requirements and each Python.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const REQUIREMENTS: &str = include_str!("requirements.txt");

/// The interpreter that has aiohomekit. Fails the test with the missing prerequisite, and how to come by it.
pub(super) fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("a directory of the target directory");
    let mut hasher = DefaultHasher::new();
    (REQUIREMENTS, interpreter()).hash(&mut hasher);
    let name = format!("aiohomekit-{:016x}", hasher.finish());
    let complete = target.join(&name);
    let python = complete.join("bin/python");
    if complete.exists() {
        return python;
    }

    // Tests run in several processes; one installs, the others wait for it.
    let lock = File::create(target.join("aiohomekit.lock")).expect("the target directory may be written");
    lock.lock().expect("the file system knows locks");
    if !complete.exists() {
        let partial = target.join(format!("{name}.partial"));
        install(&partial);
        // What is there under its final name is complete.
        fs::rename(&partial, &complete).expect("a directory may be renamed");
    }
    python
}

/// A file beside this one, for the tests of any package of the workspace.
pub(super) fn file(name: &str) -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut candidates = package.ancestors().map(|directory| directory.join("tests/controller").join(name));
    candidates.find(|path| path.exists()).expect("the tests run where they were built")
}

/// What tells this Python from another one, whose packages would not fit.
fn interpreter() -> String {
    let mut command = Command::new("python3");
    command.args(["-c", "import sys; print(sys.version, sys.base_prefix)"]);
    let version = match command.output() {
        Ok(output) if output.status.success() => output.stdout,
        Err(error) if error.kind() == ErrorKind::NotFound => panic!(
            "python3 is missing, which the tests with a real controller need: \
             apt-get install python3 python3-venv"
        ),
        other => panic!("python3 does not run: {other:?}"),
    };
    String::from_utf8_lossy(&version).into_owned()
}

fn install(directory: &Path) {
    let requires = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
    run(
        Command::new("python3").args(["-c", requires]),
        "python3 is older than 3.11, or python3 -m venv is missing: apt-get install python3-venv",
    );
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != ErrorKind::NotFound => panic!("{}: {error}", directory.display()),
        _ => {}
    }
    run(
        Command::new("python3").args(["-m", "venv"]).arg(directory),
        "python3 -m venv fails: apt-get install python3-venv",
    );

    let python = directory.join("bin/python");
    run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--no-input", "--disable-pip-version-check"])
            .args(["--timeout", "60", "--retries", "5", "--requirement"])
            .arg(file("requirements.txt")),
        "the Python packages cannot be installed: see that the package index can be reached, \
         and that there are builds of the packages for this Python",
    );
    run(
        Command::new(&python).args(["-I", "-c", "import aiohomekit.controller.ip"]),
        "the Python packages are installed but do not load",
    );
}

fn run(command: &mut Command, advice: &str) {
    let output = command.stdin(Stdio::null()).output();
    let said = match &output {
        Ok(output) if output.status.success() => return,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    let arguments = command.get_args().collect::<Vec<_>>().join(OsStr::new(" "));
    panic!("{advice}\n{} {}\n{said}", command.get_program().display(), arguments.display());
}
