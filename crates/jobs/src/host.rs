//! What the caller hands in to a job: everything that a job must not find out by itself.

use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::failure::{About, Result};
use paper::sheets::Reader;
use words::{Language, message};

use crate::progress::{Note, Progress, Silent, Stage, Work};

/// The caller of a job, as the job sees it.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    pub progress: &'a dyn Progress,
    /// Folder for scratch files. They hold data about persons, and are removed when the job ends.
    pub scratch: &'a Path,
    /// Folder for a list, kept from one command to the next, of the files that this user's program checked: see
    /// [`crate::trust`]. With `None`, no list is kept, and every file is checked.
    pub state: Option<&'a Path>,
    /// Number of threads, at least 1.
    pub threads: usize,
    /// Language of what people read.
    pub language: Language,
    /// Whether tables are for programs: English keys, decimal points, and amounts in øre.
    pub is_plain: bool,
}

impl Host<'_> {
    /// The same host, with a listener that ignores everything.
    pub fn silent(&self) -> Host<'_> {
        Host { progress: &Silent, ..*self }
    }

    /// For whom tables are written.
    pub fn reader(&self) -> Reader {
        if self.is_plain { Reader::Program } else { Reader::Person(self.language) }
    }

    /// Reports that a piece of work begins.
    pub fn begin(&self, work: Work) -> Box<dyn Stage + '_> {
        self.progress.begin(work)
    }

    /// Passes on a note for the user.
    pub fn note(&self, note: Note) {
        self.progress.note(note);
    }
}

/// A folder for scratch files that its owner alone may read. It is removed when this value is dropped. If the process
/// is killed, the next process that makes a scratch folder in the same place removes it.
pub struct Scratch {
    path: PathBuf,
    /// Locked for as long as the folder is in use. The system releases the lock when the process ends.
    #[expect(dead_code, reason = "holding it keeps the lock")]
    lock: File,
}

/// Scratch folders of this process that are in use.
static IN_USE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Number of scratch folders that this process has made.
static MADE: AtomicUsize = AtomicUsize::new(0);

const LOCK: &str = "in-use";

/// Content of a lock file whose lock has been held. The file is empty before that.
const HELD: &[u8] = b"held";

const PREFIX: &str = "samspill-scratch-";

impl Scratch {
    /// Creates a folder under `folder`, named by the process and a number. Folders that killed processes left there
    /// are removed.
    ///
    /// # Errors
    /// Fails if the folder or its lock file cannot be created.
    pub fn under(folder: &Path) -> Result<Scratch> {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) && is_left(&entry.path()) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        // A name may be taken: process numbers are used again, and a folder without a lock is left alone.
        let path = loop {
            let number = MADE.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{PREFIX}{}-{number}", std::process::id()));
            match for_owner().create(&path) {
                Ok(()) => break path,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error).about(|| message!("error.file.make", path = path.display())),
            }
        };
        let fault = || message!("error.file.make", path = path.display());
        let mut lock = File::create(path.join(LOCK)).about(fault)?;
        // On a file system without locks, the lock file stays empty. A folder that is left there is never removed.
        if lock.try_lock().is_ok() {
            // Written only once the lock is held, so that no process takes a new folder for one that was left.
            lock.write_all(HELD).about(fault)?;
        }
        if let Ok(mut in_use) = IN_USE.lock() {
            in_use.push(path.clone());
        }
        Ok(Scratch { path, lock })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the scratch folders of this process. For a process that is about to end.
    pub fn discard_all() {
        if let Ok(in_use) = IN_USE.lock() {
            for path in in_use.iter() {
                let _ = std::fs::remove_dir_all(path);
            }
        }
    }
}

/// A maker of folders that their owner alone may read.
pub(crate) fn for_owner() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Whether a process that has ended left a scratch folder: its lock was held, and is held no more.
fn is_left(path: &Path) -> bool {
    let lock = path.join(LOCK);
    std::fs::read(&lock).is_ok_and(|said| said == HELD)
        && File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok())
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
        if let Ok(mut in_use) = IN_USE.lock() {
            in_use.retain(|path| *path != self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_is_its_owners_and_a_killed_process_leaves_none() {
        let folder = std::env::temp_dir().join(format!("samspill-scratch-{}", std::process::id()));
        let named = |number: &str| folder.join(format!("{PREFIX}{number}"));
        let (other, left, making) = (named("1-0"), named("1-1"), named("1-2"));
        for made in [&other, &left, &making] {
            std::fs::create_dir_all(made).unwrap();
        }
        // What a killed process left: a lock that nobody holds.
        std::fs::write(left.join(LOCK), HELD).unwrap();
        std::fs::write(left.join("checked.parquet"), "persons").unwrap();
        // A folder in the making: a lock that nobody held yet.
        std::fs::write(making.join(LOCK), "").unwrap();
        // Names that an earlier process with the same number left.
        let taken = (0..64).map(|number| named(&format!("{}-{number}", std::process::id())));
        let taken: Vec<PathBuf> = taken.filter(|path| std::fs::create_dir(path).is_ok()).collect();
        let one = Scratch::under(&folder).unwrap();
        // Only the folder that was left is removed: not one without a lock file, and not one in the making.
        assert!(!left.exists() && other.exists() && making.exists());
        assert!(!taken.contains(&one.path().to_path_buf()) && taken.iter().all(|path| path.exists()));
        let two = Scratch::under(&folder).unwrap();
        assert!(two.path() != one.path() && one.path().exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(two.path()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        drop((one, two));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2 + taken.len());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
