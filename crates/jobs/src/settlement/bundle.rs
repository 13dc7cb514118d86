//! A statement in one file (`pakke`), with all that its receiver needs to compute it again without the ledger.
//!
//! The file is a ZIP archive. People read the statement and `LESMEG.txt` in it; [`super::check_statement`] reads
//! [`BASIS`] and the rule files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use std::path::Path;

use domain::statement::Statement;
use domain::{Claim, Claims, Ground, Instrument, Month, Ruling, StepKind};
use ledger::checkpoint::Checkpoint;
use ledger::content::{Answer, Decision, Objection, Settled};
use ledger::statement::Span;
use ledger::tree::{Chain, Path as Way, place_of};
use ledger::voucher::digest;
use ledger::{Step, Voucher};
use serde::{Deserialize, Serialize};
use settlement::Law;
use words::{Message, message};
use zip::write::SimpleFileOptions;

use super::books::Books;
use super::source::{Maker, Source, content, rule_archives};
use crate::failure::{About, Failure, Result, fail};

/// Version of the JSON form of [`Bundle`].
pub const FORM: u32 = 1;
/// Version of the page of a statement and of what is computed for it. It is raised when either changes, so that a bundle made
/// before is not called broken.
pub const PAGE: u32 = 3;

const fn first_page() -> u32 {
    1
}
/// File of the archive with a [`Bundle`] as JSON.
pub const BASIS: &str = "grunnlag.json";
/// File of the archive with the digest of every other file, as `sha256sum` writes it.
pub const DIGESTS: &str = "SHA256SUMS";
/// File of the archive with a signed checkpoint.
pub const CHECKPOINT: &str = "sjekkpunkt.txt";
/// File of the archive with the statement for people.
pub const PAPER: &str = "oppgjor.pdf";
/// Bytes that all files of an archive may have together, unpacked.
const UNPACKED: u64 = 1 << 30;

/// A record of the ledger, with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed<T> {
    /// Index in the chain, from 0.
    pub at: u64,
    /// Hash before the record.
    pub before: String,
    pub record: T,
}

/// A claim that moved an amount, with the step that posted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    pub step: i64,
    /// Month of the statement that the claim stands in.
    pub posting_month: String,
    /// Key of the contact.
    pub contact: i64,
    pub instrument: Instrument,
    /// Month of the activity.
    pub month: String,
    pub debtor: String,
    pub creditor: String,
    pub unit: String,
    pub rule_version: String,
    pub cause: domain::Cause,
    pub points_milli: i32,
    pub days: i32,
    pub amount_ore: i64,
}

/// Rule files that were kept with a settlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Digest that the settlement names them by.
    pub digest: String,
    /// Names of the files, in the order in which they were kept.
    pub files: Vec<String>,
}

/// What a statement was made of, as far as it concerns its recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// Version of this form: [`FORM`].
    pub form: u32,
    /// Version of the program that made the bundle.
    pub program: String,
    /// Version of the page and of what is computed for it: [`PAGE`].
    #[serde(default = "first_page")]
    pub page: u32,
    /// First month of the statement.
    pub first: Month,
    /// Last month, included.
    pub last: Month,
    pub statement: Statement,
    /// Every step behind the statement. A step on another party's objection keeps no more of its content than
    /// the months that it touched, and is one of [`Bundle::without_content`].
    pub steps: Vec<Placed<Step>>,
    /// Numbers of the steps whose content was taken out.
    pub without_content: BTreeSet<i64>,
    /// The recipient's vouchers.
    pub vouchers: Vec<Placed<Voucher>>,
    /// Claims behind the recipient's vouchers; `None` if the bundle was made without claims, or if no settlement is
    /// behind the statements.
    pub claims: Option<Vec<Moved>>,
    pub rules: Vec<Kept>,
    /// Way from every step and voucher, and from the statement's control code, to the root of the tree.
    pub way: Way,
}

impl Bundle {
    /// Whether this program sets the page as the program that made the bundle did.
    pub fn is_of_this_program(&self) -> bool {
        self.program == env!("CARGO_PKG_VERSION") && self.page == PAGE
    }

    /// Name and months of the statement's period.
    pub fn span(&self) -> Span {
        Span { name: self.statement.period.clone(), first: self.first, last: self.last }
    }

    /// Index in the chain of the end of a step; `None` if the step is not here.
    pub fn end_of(&self, step: i64) -> Option<u64> {
        let step = self.steps.iter().find(|one| one.record.number == step)?;
        step.at.checked_add(u64::try_from(step.record.vouchers).ok()?)
    }

    /// The claims as a table, with a row for each.
    pub fn table(rows: &[Moved]) -> Claims {
        let mut out = Claims::default();
        for row in rows {
            let mut word = |text: &str| out.words.number(text);
            let month = word(&row.month);
            let claim = Claim {
                contact: row.contact,
                instrument: Some(row.instrument),
                month,
                debtor: word(&row.debtor),
                creditor: word(&row.creditor),
                unit: word(&row.unit),
                ended: month,
                version: word(&row.rule_version),
                cause: row.cause,
                points: row.points_milli,
                days: row.days,
                amount: domain::Amount::from_ore(row.amount_ore),
            };
            out.rows.push(claim);
        }
        out
    }
}

/// What the bundles of a period have in common.
pub(super) struct Common {
    chain: Chain,
    /// Text of the signed checkpoint.
    checkpoint: Option<String>,
    /// Kept rule files by digest, each as name and text.
    rules: BTreeMap<String, Vec<(String, String)>>,
    /// The laws, one for each set of kept rule files.
    laws: Vec<Law>,
    /// Claims of every settlement behind the statements, each with the number and the posting month of its step.
    claims: Vec<(i64, Month, Claims)>,
}

impl Common {
    /// Reads what the bundles of a period have in common. The tree ends where the checkpoint does; without one, at the
    /// last step of the ledger. Claims are read if `with_claims` is set.
    ///
    /// # Errors
    /// Fails if the ledger or the checkpoint cannot be read, or if the checkpoint is of another ledger, or older than
    /// the statements.
    pub fn read(
        books: &mut Books,
        source: &Source,
        steps: &[Step],
        checkpoint: Option<&Path>,
        with_claims: bool,
    ) -> Result<Common> {
        let text = checkpoint.map(crate::folder::read).transpose()?;
        let stated = match checkpoint.zip(text.as_deref()) {
            None => None,
            Some((path, text)) => {
                let stated = Checkpoint::stated(text).filter(|stated| stated.tree.is_some());
                let stated = stated.about(|| message!("checkpoint.not_a_checkpoint"));
                let stated = stated.about(|| Message::plain(path.display()))?;
                if steps.last().is_some_and(|last| last.number > stated.step) {
                    fail!("error.bundle.older", path = path.display(), step = stated.step);
                }
                Some((path, stated))
            }
        };
        let end = stated.as_ref().map_or(books.head.steps, |(_, stated)| stated.step);
        let chain = Chain::read(&mut books.ledger, end)?;
        if let Some((path, _)) = stated.filter(|(_, stated)| stated.tree != Some(chain.stated())) {
            fail!("error.bundle.other_ledger", path = path.display());
        }
        let (mut rules, mut laws) = (BTreeMap::new(), Vec::new());
        for digest in rule_archives(&source.months) {
            laws.push(Law::of(&books.kept_rules(&digest)?)?);
            rules.insert(digest.clone(), serde_json::from_slice(&books.ledger.archive(&digest)?)?);
        }
        let mut claims = Vec::new();
        if with_claims {
            for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Run | StepKind::Correct)) {
                let settled: Settled = content(step)?;
                for moved in &settled.months {
                    claims.push((step.number, settled.into, books.movements(&moved.movements_archive)?));
                }
            }
        }
        Ok(Common { chain, checkpoint: text, rules, laws, claims })
    }

    /// The bundle of a statement. `own` holds the recipient's vouchers, each with whether the recipient owes by it.
    ///
    /// # Errors
    /// Fails if the content of a step cannot be read.
    pub fn bundle(
        &self,
        statement: &Statement,
        own: &[(&Voucher, bool)],
        maker: &Maker,
        span: &Span,
        steps: &[Step],
    ) -> Result<Bundle> {
        let party = statement.recipient.party.as_str();
        let mut bundle = Bundle {
            form: FORM,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            page: PAGE,
            first: span.first,
            last: span.last,
            statement: statement.clone(),
            steps: Vec::new(),
            without_content: BTreeSet::new(),
            vouchers: Vec::new(),
            claims: (!self.claims.is_empty()).then(|| self.of_party(party, own, maker)),
            rules: Vec::new(),
            way: Way::default(),
        };
        let mut others: BTreeMap<String, String> = BTreeMap::new();
        for step in steps {
            let Some(at) = self.chain.place_of_step(step.number) else { continue };
            let mut record = step.clone();
            if let Some(content) = without_others(step, &mut others, &|other| maker.heir(other) == party)? {
                record.content = content;
                bundle.without_content.insert(step.number);
            }
            bundle.steps.push(Placed { at, before: self.chain.before(at).to_owned(), record });
        }
        // A voucher between a party and the party's heir stands twice in `own`, and is kept once here.
        let vouchers: BTreeMap<i64, &Voucher> =
            own.iter().map(|(voucher, _)| (voucher.number, *voucher)).collect();
        for voucher in vouchers.into_values() {
            let at = place_of(voucher);
            let before = self.chain.before(at).to_owned();
            bundle.vouchers.push(Placed { at, before, record: voucher.clone() });
        }
        for (digest, files) in &self.rules {
            let files = files.iter().map(|(name, _)| name.clone()).collect();
            bundle.rules.push(Kept { digest: digest.clone(), files });
        }
        let months = &maker.source.months;
        let mut leaves: Vec<u64> = bundle.steps.iter().map(|step| step.at).collect();
        leaves.extend(bundle.vouchers.iter().map(|voucher| voucher.at));
        leaves.extend(bundle.end_of(months.summed(span.first, span.last)));
        bundle.way = self.chain.tree.path(&leaves);
        Ok(bundle)
    }

    /// Claims behind a party's vouchers, and the claims that lower one of those; all in the months of activity of
    /// `own`.
    fn of_party(&self, party: &str, own: &[(&Voucher, bool)], maker: &Maker) -> Vec<Moved> {
        let claimed = own.iter().filter(|(voucher, _)| voucher.cause.is_computed());
        let months: BTreeSet<&str> = claimed.map(|(voucher, _)| voucher.activity_period.as_str()).collect();
        let mut heirs: BTreeMap<String, bool> = BTreeMap::new();
        let mut is_ours =
            |other: &str| *heirs.entry(other.to_owned()).or_insert_with(|| maker.heir(other) == party);
        let mut is_of_party = |claims: &Claims, claim: &Claim| {
            is_ours(claims.words.word(claim.debtor)) || is_ours(claims.words.word(claim.creditor))
        };
        let mut lowering: BTreeSet<(i64, Instrument)> = BTreeSet::new();
        for (_, _, claims) in &self.claims {
            for claim in &claims.rows {
                let Some(instrument) = claim.instrument.filter(|_| is_of_party(claims, claim)) else {
                    continue;
                };
                let version = claims.words.word(claim.version);
                let by = self.laws.iter().find_map(|law| law.lowered_by(instrument, version));
                lowering.extend(by.map(|by| (claim.contact, by)));
            }
        }
        let mut out = Vec::new();
        for (step, into, claims) in &self.claims {
            let word = |number| claims.words.word(number).to_owned();
            for claim in &claims.rows {
                let Some(instrument) = claim.instrument else { continue };
                let is_wanted = lowering.contains(&(claim.contact, instrument)) || is_of_party(claims, claim);
                if !is_wanted || !months.contains(claims.words.word(claim.month)) {
                    continue;
                }
                out.push(Moved {
                    step: *step,
                    posting_month: into.to_string(),
                    contact: claim.contact,
                    instrument,
                    month: word(claim.month),
                    debtor: word(claim.debtor),
                    creditor: word(claim.creditor),
                    unit: word(claim.unit),
                    rule_version: word(claim.version),
                    cause: claim.cause,
                    points_milli: claim.points,
                    days: claim.days,
                    amount_ore: claim.amount.ore(),
                });
            }
        }
        out
    }

    /// The archive of a bundle: the files for people in `papers`, each as name and bytes, and what a program needs to
    /// compute the statement again. The same input gives the same bytes.
    ///
    /// # Errors
    /// Fails if the archive cannot be made.
    pub fn archive(&self, bundle: &Bundle, papers: Vec<(String, Vec<u8>)>) -> Result<Vec<u8>> {
        let mut files = papers;
        files.push((BASIS.to_owned(), serde_json::to_vec_pretty(bundle)?));
        for (digest, rules) in &self.rules {
            files.extend(
                rules.iter().map(|(name, text)| (rule_file(digest, name), text.clone().into_bytes())),
            );
        }
        if let Some(text) = &self.checkpoint {
            files.push((CHECKPOINT.to_owned(), text.clone().into_bytes()));
        }
        let digests =
            files.iter().map(|(name, bytes)| format!("{}  {name}\n", digest(bytes))).collect::<String>();
        files.push((DIGESTS.to_owned(), digests.into_bytes()));
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
        let packed = move || -> std::result::Result<Vec<u8>, zip::result::ZipError> {
            for (name, bytes) in files {
                out.start_file(name, options)?;
                out.write_all(&bytes)?;
            }
            Ok(out.finish()?.into_inner())
        };
        packed().map_err(|error| Failure::of(message!("error.as_it_is", error)))
    }
}

/// Name that a kept rule file has in the archive.
pub fn rule_file(digest: &str, name: &str) -> String {
    format!("regler/{}/{name}", &digest[..digest.len().min(12)])
}

/// Content of a step on an objection between others, cut down to what a receiver may read: the months that the step
/// touched. A made-up key replaces the objection's key. Every other field is empty, is 0, or has the first word of its
/// vocabulary, which says nothing. `None` if the step is not about an objection, or if the objection concerns the
/// receiver. `others` gives the made-up key by the objection's own key.
fn without_others(
    step: &Step,
    others: &mut BTreeMap<String, String>,
    is_ours: &dyn Fn(&str) -> bool,
) -> Result<Option<String>> {
    let left = match step.kind {
        StepKind::ObjectionFiled => {
            let objection: Objection = content(step)?;
            if is_ours(&objection.party) || is_ours(&objection.creditor) {
                return Ok(None);
            }
            let key = format!("step-{}", step.number);
            others.insert(objection.key, key.clone());
            let (month, instrument, ground) = (objection.month, Instrument::ALL[0], Ground::ALL[0]);
            let none = String::new;
            serde_json::to_string(&Objection {
                key,
                party: none(),
                instrument,
                contact: 0,
                month,
                ground,
                text: none(),
                creditor: none(),
                unit: none(),
                rule_version: none(),
                amount_ore: 0,
                facts: Vec::new(),
            })?
        }
        StepKind::ObjectionAnswered => {
            let answer: Answer = content(step)?;
            let Some(key) = others.get(&answer.key).cloned() else { return Ok(None) };
            serde_json::to_string(&Answer { key, text: String::new() })?
        }
        StepKind::ObjectionDecided => {
            let decision: Decision = content(step)?;
            let Some(key) = others.get(&decision.key).cloned() else { return Ok(None) };
            let (outcome, reference) = (Ruling::ALL[0], String::new());
            serde_json::to_string(&Decision {
                key,
                outcome,
                reference,
                reduction_ore: 0,
                into: decision.into,
                holder: None,
            })?
        }
        StepKind::Open
        | StepKind::OnAccount
        | StepKind::Run
        | StepKind::Correct
        | StepKind::Close
        | StepKind::Finalise
        | StepKind::ReviewBoard
        | StepKind::Inheritance
        | StepKind::Rules => return Ok(None),
    };
    Ok(Some(left))
}

/// Number of files that the end of a ZIP archive states; `None` if the bytes have no such end.
fn entries(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).rposition(|sign| sign == b"PK\x05\x06")?;
    let count = bytes.get(end + 10..end + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
}

/// Files of an archive by name.
///
/// # Errors
/// Fails if the file is no ZIP archive, is damaged, or unpacks to more than 1 GiB.
pub fn files(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let bytes = std::fs::read(path).about(|| message!("error.file.read", path = path.display()))?;
    let not_a_bundle = || message!("error.bundle.not_a_bundle", path = path.display());
    let stated = entries(&bytes);
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok().about(not_a_bundle)?;
    // The reader keeps one file of each name; a program that unpacks the archive may show the other.
    if stated.is_none_or(|stated| stated != archive.len()) {
        fail!("error.bundle.twice", path = path.display());
    }
    let (mut out, mut left) = (BTreeMap::new(), UNPACKED);
    for place in 0..archive.len() {
        let entry = archive.by_index(place).ok().about(not_a_bundle)?;
        let name = entry.name().ok().about(not_a_bundle)?.into_owned();
        let mut bytes = Vec::new();
        entry.take(left + 1).read_to_end(&mut bytes).ok().about(not_a_bundle)?;
        left = left
            .checked_sub(bytes.len() as u64)
            .about(|| message!("error.bundle.too_large", path = path.display(), most = UNPACKED >> 20))?;
        out.insert(name, bytes);
    }
    Ok(out)
}
