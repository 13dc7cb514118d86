//! Signed checkpoints: the state of a ledger at the end of a step, vouched for by whoever holds a key.
//!
//! A checkpoint is a signed note in the format of C2SP (`signed-note`, Ed25519): lines of text, an empty line, and a
//! line with a signature. Keys are also written in the format of C2SP, so that other programs can verify a checkpoint.
//! A checkpoint looks like this:
//!
//! ```text
//! samspill-checkpoint 1
//! step 42
//! recorded 2013-02-11T00:00
//! hash 1c2f…
//! tree 5120 9d3a…
//!
//! — settlement.example 7Ql0…
//! ```

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::Minute;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use words::{Message, Said, message};

/// First line of a checkpoint.
const HEAD: &str = "samspill-checkpoint 1";
/// Start of the line with the signature.
const MARK: &str = "\u{2014} ";
/// What a written private key starts with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// Number that stands for Ed25519 among the algorithms of signed notes.
const ED25519: u8 = 1;

/// State of a ledger at the end of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub step: i64,
    /// Time at which the step was recorded.
    pub recorded_at: Minute,
    /// Hash of the chain at the end of the step: 64 hexadecimal digits.
    pub hash: String,
    /// Size and root of the [tree](crate::tree) over the chain up to there; `None` in a checkpoint of an earlier
    /// version of the program.
    pub tree: Option<(u64, String)>,
}

/// A name and a secret that signs.
pub struct PrivateKey {
    name: String,
    key: SigningKey,
}

/// The public half of a key: a name, and the number that verifies signatures of the private half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    pub name: String,
    key: VerifyingKey,
}

/// Why a key or a checkpoint proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// The name of a key is empty, or has white space, a control character or a plus sign.
    Name(String),
    NotAKey,
    NotACheckpoint,
    /// No signature is that of the key. Holds the name of the key, and the names of the signatures that were found.
    OtherKey(String, Vec<String>),
    /// The text is not the one that the key signed.
    Altered(String),
}

impl Said for Unproven {
    fn said(&self) -> Message {
        match self {
            Unproven::Name(name) => message!("checkpoint.name", name),
            Unproven::NotAKey => Message::of("checkpoint.not_a_key"),
            Unproven::NotACheckpoint => Message::of("checkpoint.not_a_checkpoint"),
            Unproven::OtherKey(name, others) => {
                message!("checkpoint.other_key", name, others = others.join(", "))
            }
            Unproven::Altered(name) => message!("checkpoint.altered", name),
        }
    }
}

impl PrivateKey {
    /// The key with a name and a secret, which must be 32 random bytes.
    ///
    /// # Errors
    /// Fails if the name is empty, or has white space, a control character or a plus sign.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<PrivateKey, Unproven> {
        if name.is_empty()
            || name.contains(|sign: char| sign.is_whitespace() || sign.is_control() || sign == '+')
        {
            return Err(Unproven::Name(name.to_owned()));
        }
        Ok(PrivateKey { name: name.to_owned(), key: SigningKey::from_bytes(secret) })
    }

    /// Reads a key back from its text.
    ///
    /// # Errors
    /// Fails if the text is no private key.
    pub fn parse(text: &str) -> Result<PrivateKey, Unproven> {
        let (name, id, bytes) = parts(text.trim().strip_prefix(PRIVATE).ok_or(Unproven::NotAKey)?)?;
        let key = PrivateKey::new(&name, &bytes)?;
        if key.public().id() != id {
            return Err(Unproven::NotAKey);
        }
        Ok(key)
    }

    /// The key as text, to be kept secret.
    pub fn text(&self) -> String {
        let public = self.public();
        format!("{PRIVATE}{}", written(&self.name, &public.id(), self.key.as_bytes()))
    }

    /// What proves the signatures of this key.
    pub fn public(&self) -> PublicKey {
        PublicKey { name: self.name.clone(), key: self.key.verifying_key() }
    }
}

impl PublicKey {
    /// Reads a key back from its text.
    ///
    /// # Errors
    /// Fails if the text is no public key.
    pub fn parse(text: &str) -> Result<PublicKey, Unproven> {
        let (name, id, bytes) = parts(text.trim())?;
        let key = PublicKey { name, key: VerifyingKey::from_bytes(&bytes).map_err(|_| Unproven::NotAKey)? };
        if key.id() != id {
            return Err(Unproven::NotAKey);
        }
        Ok(key)
    }

    /// First four bytes of the digest of name and key, which tell keys with the same name apart.
    fn id(&self) -> [u8; 4] {
        let mut digest = Sha256::new();
        digest.update(self.name.as_bytes());
        digest.update([b'\n', ED25519]);
        digest.update(self.key.as_bytes());
        let digest = digest.finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str(&written(&self.name, &self.id(), self.key.as_bytes()))
    }
}

/// A key as text, `NAME+HEX+BASE64`: its name, its [`id`](PublicKey::id), and the number of the algorithm with the bytes.
fn written(name: &str, id: &[u8; 4], bytes: &[u8; 32]) -> String {
    let mut all = vec![ED25519];
    all.extend(bytes);
    format!("{name}+{:08x}+{}", u32::from_be_bytes(*id), BASE64.encode(all))
}

/// Reads what [`written`] writes.
fn parts(text: &str) -> Result<(String, [u8; 4], [u8; 32]), Unproven> {
    let read = || {
        let (name, rest) = text.split_once('+')?;
        let (id, bytes) = rest.split_once('+')?;
        let id = u32::from_str_radix(id, 16).ok().filter(|_| id.len() == 8)?;
        let bytes = BASE64.decode(bytes).ok()?;
        let (algorithm, bytes) = bytes.split_first()?;
        let bytes = bytes.try_into().ok().filter(|_| *algorithm == ED25519 && !name.is_empty())?;
        Some((name.to_owned(), id.to_be_bytes(), bytes))
    };
    read().ok_or(Unproven::NotAKey)
}

impl Checkpoint {
    /// The lines that are signed.
    fn lines(&self) -> String {
        let Checkpoint { step, recorded_at, hash, tree } = self;
        let tree = tree.as_ref().map_or_else(String::new, |(size, root)| format!("tree {size} {root}\n"));
        format!("{HEAD}\nstep {step}\nrecorded {recorded_at}\nhash {hash}\n{tree}")
    }

    /// The checkpoint as text, signed with a key.
    pub fn signed(&self, key: &PrivateKey) -> String {
        let lines = self.lines();
        let mut signature = key.public().id().to_vec();
        signature.extend(key.key.sign(lines.as_bytes()).to_bytes());
        format!("{lines}\n{MARK}{} {}\n", key.name, BASE64.encode(signature))
    }

    /// Reads a checkpoint that was signed with a key.
    ///
    /// # Errors
    /// Fails if the text is no checkpoint, or if the key did not sign it.
    pub fn proven(text: &str, key: &PublicKey) -> Result<Checkpoint, Unproven> {
        let text = text.replace("\r\n", "\n");
        let (lines, signatures) = text.split_once(&format!("\n\n{MARK}")).ok_or(Unproven::NotACheckpoint)?;
        let lines = format!("{lines}\n");
        let mut others = Vec::new();
        for line in signatures.lines() {
            let line = line.strip_prefix(MARK).unwrap_or(line);
            let Some((name, signature)) = line.split_once(' ') else { continue };
            let Ok(signature) = BASE64.decode(signature.trim()) else { continue };
            let Some((id, signature)) = signature.split_first_chunk::<4>() else { continue };
            if name != key.name || *id != key.id() {
                others.push(name.to_owned());
                continue;
            }
            let signature =
                Signature::from_slice(signature).map_err(|_| Unproven::Altered(key.name.clone()))?;
            let proves = key.key.verify_strict(lines.as_bytes(), &signature).is_ok();
            let read =
                proves.then(|| Checkpoint::of_lines(&lines)).ok_or(Unproven::Altered(key.name.clone()))?;
            return read.ok_or(Unproven::NotACheckpoint);
        }
        Err(Unproven::OtherKey(key.name.clone(), others))
    }

    /// What a checkpoint says, whoever signed it; `None` if the text is no checkpoint.
    pub fn stated(text: &str) -> Option<Checkpoint> {
        let text = text.replace("\r\n", "\n");
        let (lines, _) = text.split_once(&format!("\n\n{MARK}"))?;
        Checkpoint::of_lines(lines)
    }

    fn of_lines(lines: &str) -> Option<Checkpoint> {
        let mut lines = lines.lines();
        lines.next().filter(|line| *line == HEAD)?;
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned);
        Some(Checkpoint {
            step: value("step")?.parse().ok()?,
            recorded_at: Minute::parse(&value("recorded")?).ok()?,
            hash: value("hash")?,
            tree: match value("tree") {
                None => None,
                Some(tree) => {
                    let (size, root) = tree.split_once(' ')?;
                    Some((size.parse().ok()?, root.to_owned()))
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let recorded_at = Minute::parse("2013-02-11T00:00").unwrap();
        Checkpoint { step: 42, recorded_at, hash: "1c".repeat(32), tree: Some((5120, "9d".repeat(32))) }
    }

    #[test]
    fn a_checkpoint_is_proven_by_the_key_that_signed_it_alone() {
        let key = PrivateKey::new("settlement.example", &[7; 32]).unwrap();
        let text = checkpoint().signed(&key);
        let public = PublicKey::parse(&key.public().to_string()).unwrap();
        assert_eq!(Checkpoint::proven(&text, &public), Ok(checkpoint()));
        assert_eq!(Checkpoint::proven(&text.replace('\n', "\r\n"), &public), Ok(checkpoint()));
        // The secret reads back as the same key.
        assert_eq!(PrivateKey::parse(&(key.text() + "\n")).unwrap().public(), public);
        assert_eq!(Checkpoint::stated(&text), Some(checkpoint()));
        // A checkpoint of an earlier version of the program has no tree.
        let earlier = Checkpoint { tree: None, ..checkpoint() };
        assert_eq!(Checkpoint::proven(&earlier.signed(&key), &public), Ok(earlier));
        // Another key with the same name, and the same key under another name.
        let other = PrivateKey::new("settlement.example", &[8; 32]).unwrap();
        let by_other =
            |key: &PublicKey| Unproven::OtherKey(key.name.clone(), vec!["settlement.example".into()]);
        assert_eq!(Checkpoint::proven(&text, &other.public()), Err(by_other(&other.public())));
        let renamed = PrivateKey::new("other.example", &[7; 32]).unwrap().public();
        assert_eq!(Checkpoint::proven(&text, &renamed), Err(by_other(&renamed)));
    }

    #[test]
    fn no_sign_of_a_checkpoint_can_be_another() {
        let key = PrivateKey::new("a", &[7; 32]).unwrap();
        let text = checkpoint().signed(&key);
        for (place, sign) in text.char_indices() {
            let other = if sign == '1' { '2' } else { '1' };
            let changed = format!("{}{other}{}", &text[..place], &text[place + sign.len_utf8()..]);
            // The last digit of base64 has bits that carry nothing. The reader refuses a text in which one is set.
            let read = Checkpoint::proven(&changed, &key.public());
            assert!(read.is_err() || changed.trim_end() == text.trim_end(), "{changed}");
        }
        for text in ["", "samspill-checkpoint 1", "a\n\n\u{2014} a AAAA\n", &text.replace("step 42\n", "")] {
            assert!(Checkpoint::proven(text, &key.public()).is_err(), "{text}");
        }
    }

    /// The first key pair of RFC 8032, section 7.1.
    #[test]
    fn keys_are_those_of_the_standard() {
        let hex = |text: &str| -> Vec<u8> {
            (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect()
        };
        let secret = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
        let public = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        let key = PrivateKey::new("rfc8032", secret.as_slice().try_into().unwrap()).unwrap().public();
        assert_eq!(key.key.as_bytes().as_slice(), public);
        let text = key.to_string();
        for bad in ["", "a+b", "a+c74f20a3+AAAA", &text.replace("rfc", "RFC"), &text[..text.len() - 4]] {
            assert_eq!(PublicKey::parse(bad), Err(Unproven::NotAKey), "{bad}");
        }
        for bad in ["", "a b", "a+b", "a\n"] {
            assert_eq!(PrivateKey::new(bad, &[1; 32]).err(), Some(Unproven::Name(bad.into())));
        }
    }
}
