//! Statements (`oppgjørsbrev`) of a period, for all parties or some, written in parallel.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::addresses::Addresses;
use crate::failure::{About, Failure, Result, fail};
use domain::statement::{Named, Statement};
use domain::{Minute, Municipalities, Party, StepKind};
use ledger::content::Settled;
use ledger::months::Months;
use ledger::statement::Span;
use ledger::{Step, Voucher};
use paper::ehf::Missing;
use paper::sheets::Reader;
use paper::workbook::CaseLine;
use words::{Language, Message, message, say};

use super::books::Books;
use super::bundle::{self, Common};
use super::source::{Maker, Source, content};
use crate::host::Host;
use crate::parties;
use crate::progress::Work;
use crate::refusal::Refusal;
use crate::table::small_table;

/// Format of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaperForm {
    Pdf,
    Xlsx,
    /// Table of the lines for Excel, with a text file about the statement.
    Csv,
    /// The whole statement, for programs.
    Json,
    /// An EHF invoice or credit note for each creditor that collects its own claims.
    Ehf,
    /// One file with everything that the receiver needs to compute the statement again.
    Bundle,
}

/// Which statements to make, and how.
pub struct Order<'a> {
    pub span: Span,
    /// Parties that get a statement; empty for all.
    pub parties: &'a [String],
    pub forms: &'a [PaperForm],
    /// Time of knowledge: steps recorded later do not count. `None` for all steps.
    pub known_on: Option<Minute>,
    /// Version of the period's statements, from 1; `None` for the last.
    pub version: Option<usize>,
    /// File of the municipalities' language decisions, with rows `code;nb`, `code;nn` or `code;neutral`.
    pub languages: Option<&'a Path>,
    /// Language for parties that decided `neutral` or nothing.
    pub sender_language: Language,
    /// Name of the sender; `None` for the settlement unit (`Oppgjørsenheten`).
    pub sender: Option<&'a str>,
    /// Addresses of the sender and the parties.
    pub addresses: &'a Addresses,
    /// Whether the workbook has a sheet of the contacts behind the lines, and a bundle holds the claims.
    pub with_claims: bool,
    /// The delivery, for the extract's own keys in the sheet of contacts; `None` leaves them out.
    pub contacts: Option<&'a Path>,
    /// Mapping of the delivery; `None` for the one that its columns fit.
    pub mapping: Option<&'a Path>,
    /// Signed checkpoint that bundles are proven against; `None` for none.
    pub checkpoint: Option<&'a Path>,
    pub out: &'a Path,
    /// Command to show in the workbook and in the text file.
    pub command: String,
}

impl<'a> Order<'a> {
    /// An order for statements that are read and not written.
    pub(crate) fn to_read(
        span: Span,
        parties: &'a [String],
        language: Language,
        addresses: &'a Addresses,
    ) -> Order<'a> {
        Order {
            span,
            parties,
            forms: &[],
            known_on: None,
            version: None,
            languages: None,
            sender_language: language,
            sender: None,
            addresses,
            with_claims: false,
            contacts: None,
            mapping: None,
            checkpoint: None,
            out: Path::new("."),
            command: String::new(),
        }
    }

    /// The maker of the order's statements.
    fn maker<'m>(&'m self, source: &'m Source, municipalities: &'m Municipalities) -> Result<Maker<'m>> {
        let sender = self.sender.map_or_else(|| self.sender_language.text("paper.sender"), str::to_owned);
        Maker::new(source, municipalities, &self.span, sender, self.addresses)
    }
}

/// Steps that a statement is made from: those recorded no later than `known_on` and belonging to `version`, up to the
/// last step that the period knows; and decisions on heirs after that step.
fn known_steps(steps: &[Step], order: &Order) -> Result<Vec<Step>> {
    let mut known: Vec<Step> =
        steps.iter().filter(|step| order.known_on.is_none_or(|at| step.recorded_at <= at)).cloned().collect();
    let months = Months::of(&known)?;
    let (first, last) = (order.span.first, order.span.last);
    let mut end = months.known(first, last);
    if let Some(version) = order.version {
        let changes = months.versions(first, last);
        if version == 0 || version > changes.len() {
            let name = &order.span.name;
            return Err(Refusal::NoSuchVersion {
                period: name.clone(),
                versions: changes.len(),
                asked: version,
            }
            .into());
        }
        // A version ends with the step before the next version, so a closing step belongs to the version that it
        // closes.
        if let Some(next) = changes.into_iter().nth(version) {
            known.retain(|step| step.number < next);
            end = Months::of(&known)?.known(first, last);
        }
    }
    // A decision on an heir counts from the day that it names, even if it was recorded later.
    known.retain(|step| step.number <= end || step.kind == StepKind::Inheritance);
    Ok(known)
}

/// Makes the statements of a period, and writes them with an overview. Returns the statements.
///
/// # Errors
/// Fails if the period has no statements of the order's version, if nothing is posted for the period, if a party of the
/// order has no line in the period, if an EHF invoice of several months is asked for, or if a file cannot be read or
/// written.
pub fn run(books: &mut Books, order: &Order, host: &Host) -> Result<Vec<Statement>> {
    if order.span.is_summary() && order.forms.contains(&PaperForm::Ehf) {
        return Err(Refusal::NoInvoiceOfSummary { period: order.span.name.clone() }.into());
    }
    is_opened(books, &order.span)?;
    let steps = books.ledger.steps()?;
    let known = known_steps(&steps, order)?;
    let (statements, source) = statements(books, order, &known, host)?;
    let cases = match order.with_claims {
        true => cases(books, order, &known, &statements, host)?,
        false => BTreeMap::new(),
    };
    if statements.is_empty() {
        return Err(nobody(books, order, &steps));
    }
    let municipalities = books.municipalities.clone();
    let is_bundled = order.forms.contains(&PaperForm::Bundle);
    let maker = order.maker(&source, &municipalities)?;
    let bundles = is_bundled.then(|| Bundles::read(books, &maker, &known, order)).transpose()?;
    crate::folder::make(order.out)?;
    let stage = host.begin(Work::WriteStatements(statements.len()));
    let total = statements.len() as u64;
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed: Mutex<Vec<(String, Failure)>> = Mutex::new(Vec::new());
    let stopped = || Failure::of(message!("error.statement.thread_writes_statements_stopped"));
    let work = || -> Result<()> {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(statement) = statements.get(place) else { return Ok(()) };
            let cases = cases.get(&statement.recipient.party).map(Vec::as_slice);
            // One statement that cannot be written does not keep the others back.
            if let Err(failure) = write(statement, (cases, bundles.as_ref()), &maker, order, host) {
                let mut failed = failed.lock().map_err(|_| stopped())?;
                failed.push((statement.number.clone(), failure));
            }
            let count = done.fetch_add(1, Ordering::Relaxed) + 1;
            stage.at(count as u64, total);
            if place % 32 == 0 {
                paper::pdf::forget();
            }
        }
    };
    std::thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..host.threads).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            thread.join().map_err(|_| stopped())??;
        }
        Ok(())
    })?;
    stage.done();
    let overview = order.out.join(overview_name(order));
    crate::folder::write(&overview, paper::csv::overview(&statements, host.reader()))?;
    let mut failed = failed.into_inner().map_err(|_| stopped())?;
    failed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (count, of) = (failed.len(), statements.len());
    if let Some((number, failure)) = failed.into_iter().next() {
        let written = of - count;
        return Err(failure.within(message!("error.statement.some_not_written", count, of, written, number)));
    }
    Ok(statements)
}

/// Why nobody has a statement of a period.
fn nobody(books: &Books, order: &Order, steps: &[Step]) -> Failure {
    let period = &order.span.name;
    let posted_first = steps.iter().find(|step| matches!(step.kind, StepKind::Run | StepKind::OnAccount));
    let posted_first = posted_first.filter(|first| order.known_on.is_some_and(|at| first.recorded_at > at));
    if let (Some(at), Some(first)) = (order.known_on, posted_first) {
        return Failure::of(message!("error.statement.not_known", at, period, first = first.recorded_at));
    }
    if books.months.basis.contains_key(&order.span.last) {
        return Failure::of(message!("error.statement.no_activity", period));
    }
    let (period, last) = (period.clone(), order.span.last);
    Refusal::NothingPosted { period, last, ledger: books.ledger.place().to_owned() }.into()
}

/// Checks that a month of the period was opened: else nobody has a line in it.
fn is_opened(books: &Books, span: &Span) -> Result<()> {
    match books.months.months.range(span.first..=span.last).next() {
        None => books.may_change(span.last),
        Some(_) => Ok(()),
    }
}

/// Name of the overview. That of some parties does not replace that of all.
fn overview_name(order: &Order) -> String {
    let some: Vec<String> = order.parties.iter().map(|party| for_file(party)).collect();
    let some = match &some[..] {
        [first, _, _, .., last] => format!("-{first}-til-{last}"),
        few => few.iter().map(|party| format!("-{party}")).collect(),
    };
    format!("oversikt-{}{some}.csv", order.span.name)
}

/// Contacts behind the lines of each statement, by recipient: the claims that were posted in the period.
fn cases(
    books: &mut Books,
    order: &Order,
    steps: &[Step],
    statements: &[Statement],
    host: &Host,
) -> Result<BTreeMap<String, Vec<CaseLine>>> {
    let keys =
        order.contacts.map(|contacts| crate::explain::keys(contacts, order.mapping, host)).transpose()?;
    let mut out: BTreeMap<String, Vec<CaseLine>> =
        statements.iter().map(|statement| (statement.recipient.party.clone(), Vec::new())).collect();
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Run | StepKind::Correct)) {
        let settled: Settled = content(step)?;
        if !order.span.holds(&settled.into.to_string()) {
            continue;
        }
        for moved in &settled.months {
            let claims = books.movements(&moved.movements_archive)?;
            let word = |number| claims.words.word(number);
            let mut heirs: BTreeMap<u32, String> = BTreeMap::new();
            for claim in &claims.rows {
                let Some(instrument) = claim.instrument else { continue };
                for (party, other, owes) in
                    [(claim.debtor, claim.creditor, true), (claim.creditor, claim.debtor, false)]
                {
                    let heir = heirs
                        .entry(party)
                        .or_insert_with(|| books.heir(claims.words.word(party), order.span.last));
                    let statement = statements.iter().find(|one| one.recipient.party == *heir);
                    let Some(lines) = out.get_mut(heir).filter(|_| statement.is_some_and(|s| s.owes == owes))
                    else {
                        continue;
                    };
                    lines.push(CaseLine {
                        month: word(claim.month).to_owned(),
                        instrument,
                        contact: claim.contact,
                        extract_key: keys.as_ref().map(|keys| keys.of_contact(claim.contact).to_owned()),
                        cause: claim.cause,
                        unit: word(claim.unit).to_owned(),
                        counterparty: word(other).to_owned(),
                        points_milli: i64::from(claim.points),
                        days: i64::from(claim.days),
                        amount: claim.amount,
                        rule_version: word(claim.version).to_owned(),
                    });
                }
            }
        }
    }
    let lines = || out.values().flatten();
    let is_of_other = |line: &CaseLine| line.extract_key.as_ref().is_some_and(String::is_empty);
    if let (Some(contacts), true) = (order.contacts, lines().next().is_some() && lines().all(is_of_other)) {
        fail!("error.statement.keys_of_other", contacts = contacts.display());
    }
    out.values_mut().for_each(|lines| lines.sort());
    Ok(out)
}

/// The statements of a period, as of these steps, and what they are made of.
///
/// # Errors
/// Fails if a party of the order has no line in the period, or if the ledger cannot be read.
pub(super) fn statements(
    books: &mut Books,
    order: &Order,
    steps: &[Step],
    host: &Host,
) -> Result<(Vec<Statement>, Source)> {
    let stage = host.begin(Work::ReadVouchers);
    let source = Source::read(books, &order.span, steps)?;
    stage.done();
    let languages = languages(order.languages, order.sender_language)?;
    let maker = order.maker(&source, &books.municipalities)?;
    let mut out = Vec::new();
    for (party, own) in &maker.by_party() {
        let is_wanted = Party::of(party) != Party::Clearing
            && (order.parties.is_empty() || order.parties.contains(party));
        if is_wanted && own.iter().any(|(voucher, _)| order.span.holds(&voucher.posting_month)) {
            let language = languages.get(parties::code_of(party)).copied();
            let language = language.unwrap_or(order.sender_language);
            out.push(maker.statement(party, own, language));
        }
    }
    for party in order.parties {
        if !out.iter().any(|statement| statement.recipient.party == *party) {
            let (party, period) = (party.clone(), order.span.name.clone());
            return Err(Refusal::NoLineIn { party, period }.into());
        }
    }
    Ok((out, source))
}

/// Reads rows `code;nb`, `code;nn` or `code;neutral`: the language that each municipality has decided on.
fn languages(path: Option<&Path>, sender: Language) -> Result<BTreeMap<String, Language>> {
    let mut out = BTreeMap::new();
    let Some(path) = path else { return Ok(out) };
    for (at, [code, word]) in small_table(path, "code;nb/nn/neutral")? {
        let language = match word.as_str() {
            "nn" => Language::Nn,
            "nb" => Language::Nb,
            "neutral" => sender,
            _ => fail!("error.statement.expected_code_nb_code_nn_code", at),
        };
        parties::need_municipality(&code).about(|| Message::plain(&at))?;
        out.insert(code, language);
    }
    Ok(out)
}

/// A text for the name of a file: any character but ASCII letters, digits, hyphens and the `@` of a code that outlived a merger
/// becomes an underscore. If a character other than the colon of a party is replaced, the first six digits of the text's
/// SHA-256 follow, so that no two parties share a name.
fn for_file(text: &str) -> String {
    let may_stand = |letter: char| letter.is_ascii_alphanumeric() || ['-', '@'].contains(&letter);
    let name: String = text.chars().map(|one| if may_stand(one) { one } else { '_' }).collect();
    match text.chars().all(|letter| may_stand(letter) || letter == ':') {
        true => name,
        false => format!("{name}-{}", &settlement::manifest::sha256_text(text)[..6]),
    }
}

/// Name of a statement's files without the extension, as `oppgjor-2012-03-0602-kladd`.
fn stem(statement: &Statement) -> String {
    let draft = if statement.tags.contains(&domain::statement::Tag::Draft) { "-kladd" } else { "" };
    format!("oppgjor-{}{draft}", for_file(&statement.number))
}

/// Writes one statement in every format of the order.
fn write(
    statement: &Statement,
    (cases, bundles): (Option<&[CaseLine]>, Option<&Bundles>),
    maker: &Maker,
    order: &Order,
    host: &Host,
) -> Result<()> {
    let language = statement.language;
    let reader = if host.is_plain { Reader::Program } else { Reader::Person(language) };
    let path = |ending: &str| order.out.join(format!("{}.{ending}", stem(statement)));
    let put = |path: PathBuf, bytes: &[u8]| crate::folder::write(&path, bytes);
    let workbook = || paper::workbook::workbook(statement, cases, language, &order.command);
    for form in order.forms {
        match form {
            PaperForm::Pdf => put(path("pdf"), &paper::pdf::pdf(statement, language)?)?,
            PaperForm::Xlsx => put(path("xlsx"), &workbook()?)?,
            PaperForm::Csv => {
                put(path("csv"), paper::csv::lines(statement, reader).as_bytes())?;
                put(path("txt"), paper::csv::about(statement, language, &order.command).as_bytes())?;
            }
            PaperForm::Ehf => invoices(statement, language, &put, order, maker.tax(statement))?,
            PaperForm::Bundle => {
                let Some(bundles) = bundles else { continue };
                let read_me = say!(
                    language,
                    "bundle.read_me",
                    number = statement.number,
                    file = path("zip").file_name().unwrap_or_default().display(),
                    program = env!("CARGO_PKG_VERSION")
                );
                let papers = vec![
                    ("LESMEG.txt".to_owned(), format!("{read_me}\n").into_bytes()),
                    (bundle::PAPER.to_owned(), paper::pdf::pdf(statement, language)?),
                    ("oppgjor.xlsx".to_owned(), workbook()?),
                ];
                put(path("zip"), &bundles.archive(statement, papers, order)?)?;
            }
            PaperForm::Json => {
                put(path("json"), format!("{}\n", serde_json::to_string_pretty(statement)?).as_bytes())?
            }
        }
    }
    Ok(())
}

/// What every bundle of the period is made from.
struct Bundles<'a> {
    common: Common,
    steps: &'a [Step],
    maker: &'a Maker<'a>,
    own: BTreeMap<String, Vec<(&'a Voucher, bool)>>,
}

impl<'a> Bundles<'a> {
    fn read(
        books: &mut Books,
        maker: &'a Maker<'a>,
        steps: &'a [Step],
        order: &Order,
    ) -> Result<Bundles<'a>> {
        let common = Common::read(books, maker.source, steps, order.checkpoint, order.with_claims)?;
        Ok(Bundles { common, steps, maker, own: maker.by_party() })
    }

    /// The archive of a statement. `papers` holds those files of the archive that people read.
    fn archive(
        &self,
        statement: &Statement,
        papers: Vec<(String, Vec<u8>)>,
        order: &Order,
    ) -> Result<Vec<u8>> {
        let own = self.own.get(&statement.recipient.party).map_or(&[][..], Vec::as_slice);
        let bundle = self.common.bundle(statement, own, self.maker, &order.span, self.steps)?;
        self.common.archive(&bundle, papers)
    }
}

/// A party with its address. If the address has no organisation number, the number that the program knows is put in.
fn addressed(party: &Named, addresses: &Addresses) -> paper::ehf::Party {
    let mut address = addresses.get(&party.party).cloned().unwrap_or_default();
    if address.organisation.is_empty() {
        address.organisation = parties::organisation_of(&party.party);
    }
    paper::ehf::Party { name: party.name.clone(), address }
}

/// Writes the documents of a debtor's statement: for each payment to a creditor that collects its own claims, one
/// document, or a text on why there can be no document. Nothing is written for payments to the clearing account and
/// payments of zero.
fn invoices(
    statement: &Statement,
    language: Language,
    put: &impl Fn(PathBuf, &[u8]) -> Result<()>,
    order: &Order,
    tax: Option<paper::ehf::Tax>,
) -> Result<()> {
    let (out, addresses) = (order.out, order.addresses);
    let own =
        statement.payments.iter().filter(|payment| Party::of(&payment.counterparty.party) != Party::Clearing);
    for payment in own.filter(|_| statement.owes) {
        let (seller, buyer) =
            (addressed(&payment.counterparty, addresses), addressed(&statement.recipient, addresses));
        let reference = &payment.reference;
        let (xml, reason) =
            (format!("ehf-{}.xml", for_file(reference)), format!("mangler-ehf-{}.txt", for_file(reference)));
        let (xml, reason) = (out.join(xml), out.join(reason));
        // A document or a text that an earlier run left is removed first: this run may write the other one, or neither.
        for left in [&xml, &reason] {
            crate::folder::remove(left)?;
        }
        match paper::ehf::document(statement, payment, &seller, &buyer, tax, language) {
            Ok(text) => put(xml, text.as_bytes())?,
            Err(Missing::NothingToPay) => {}
            Err(why) => {
                let names = [("seller", &seller.name), ("buyer", &buyer.name)];
                let names = names.map(|(key, name)| (key, Message::plain(name)));
                let why = Message::new(why.key(), names.into());
                let text = message!("paper.no_ehf", reference, why, amount = payment.amount);
                let text = language.say(&text) + "\n";
                put(reason, text.as_bytes())?;
            }
        }
    }
    Ok(())
}
