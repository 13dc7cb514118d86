//! Keys and signed checkpoints of a ledger: see [`ledger::checkpoint`].

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::failure::{About, Failure, Result, fail};
use ledger::Ledger;
use ledger::checkpoint::{Checkpoint, PrivateKey, PublicKey};
use ledger::tree::Chain;
use words::{Message, Said, message};

/// Writes a new private key to the file `out`, and the public key to a file of the same name with `.pub` at the end. On
/// Unix, only the owner of `out` may read it. `secret` must be random. Returns the public key and the path of its file.
///
/// # Errors
/// Fails if either file exists already, if no key can have the name, or if the files cannot be written.
pub fn new_key(name: &str, secret: &[u8; 32], out: &Path) -> Result<(PublicKey, PathBuf)> {
    let key = PrivateKey::new(name, secret).map_err(|fault| Failure::of(fault.said()))?;
    let mut beside = out.as_os_str().to_owned();
    beside.push(".pub");
    let beside = PathBuf::from(beside);
    for path in [out, &beside] {
        if path.exists() {
            fail!("error.checkpoint.key_exists", path = path.display());
        }
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let write = || -> std::io::Result<()> {
        let mut file = options.open(out)?;
        file.write_all((key.text() + "\n").as_bytes())?;
        file.sync_all()
    };
    write().about(|| message!("error.file.make", path = out.display()))?;
    crate::folder::write(&beside, format!("{}\n", key.public()))?;
    Ok((key.public(), beside))
}

/// Compares a checkpoint with a ledger. Returns what the checkpoint proves, or else what is wrong.
///
/// # Errors
/// Fails if the checkpoint or the ledger cannot be read, if the key is not valid, or if the key did not sign the
/// checkpoint.
pub(super) fn held(
    ledger: &mut Ledger,
    path: &Path,
    key: &PublicKey,
) -> Result<std::result::Result<Message, Message>> {
    let text = crate::folder::read(path)?;
    let about = || Message::plain(path.display());
    let Checkpoint { step, recorded_at, hash, tree } =
        Checkpoint::proven(&text, key).map_err(|fault| Failure::of(fault.said()).within(about()))?;
    let ended = ledger.end_of(step)?;
    let name = &key.name;
    // The tree must be computed again: whoever signs could put the tree of another chain beside the right hash.
    let computed = tree.as_ref().map(|_| Chain::read(ledger, step)).transpose()?;
    let computed = computed.map(|chain| chain.stated());
    Ok(match ended {
        Some(ended) if ended == hash && computed != tree => {
            Err(message!("checkpoint.other_tree", name, step, at = recorded_at))
        }
        Some(ended) if ended == hash => Ok(message!("checkpoint.holds", name, step, at = recorded_at)),
        Some(ended) => Err(message!("checkpoint.other_hash", name, step, at = recorded_at, hash, ended)),
        None => Err(message!("checkpoint.no_step", name, step, at = recorded_at)),
    })
}

/// Reads a public key from a file.
///
/// # Errors
/// Fails if the file cannot be read, or is no public key.
pub fn public_key(path: &Path) -> Result<PublicKey> {
    let text = crate::folder::read(path)?;
    PublicKey::parse(&text).map_err(|fault| Failure::of(fault.said()).within(Message::plain(path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_known_by_its_first_bytes() {
        let key = PrivateKey::new("a.example", &[7; 32]).unwrap();
        assert!(key.text().starts_with(register::whole_file::PRIVATE_KEY));
    }
}
