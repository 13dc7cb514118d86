//! Statements (`oppgjørsbrev`) of a period, for all parties or some, written in parallel.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::failure::{About, Failure, Result, fail};
use domain::statement::{Named, Statement};
use domain::{Day, Instrument, Minute, Month, Party, StepKind};
use ledger::content::Settled;
use ledger::months::Months;
use ledger::statement::{self as made, Context, RuleName, Span, Terms};
use ledger::voucher::Step;
use paper::ehf::Missing;
use paper::sheets::Reader;
use paper::workbook::CaseLine;
use rulebook::LawBook;
use rulebook::scheme::{Scheme, is_unsigned};
use words::{Language, Message, message};

use super::books::{Books, heir};
use crate::host::Host;
use crate::parties::{self, Names};
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
    /// Whether the workbook has a sheet of the contacts behind the lines.
    pub with_claims: bool,
    pub out: &'a Path,
    /// Command to show in the workbook and in the text file.
    pub command: String,
}

/// Steps that a statement is made from: those recorded by `known_on` and belonging to `version`, up to the
/// last step that touched the period.
fn known_steps(steps: &[Step], order: &Order) -> Result<Vec<Step>> {
    let mut known: Vec<Step> =
        steps.iter().filter(|step| order.known_on.is_none_or(|at| step.recorded_at <= at)).cloned().collect();
    let months = Months::of(&known)?;
    let (first, last) = (order.span.first, order.span.last);
    let mut end = months.touched(first, last);
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
            end = Months::of(&known)?.touched(first, last);
        }
    }
    // A decision on an heir counts from the day that it names, even if it was recorded later.
    known.retain(|step| step.number <= end || step.kind == StepKind::Inheritance);
    Ok(known)
}

/// Makes the statements of a period, and writes them with an overview. Returns the statements.
///
/// # Errors
/// Fails if there is no such version, if nothing is posted for the period, if a party has no line in it, or
/// if a file cannot be written.
pub fn run(books: &mut Books, order: &Order, host: &Host) -> Result<Vec<Statement>> {
    if order.span.is_summary() && order.forms.contains(&PaperForm::Ehf) {
        return Err(Refusal::NoInvoiceOfSummary { period: order.span.name.clone() }.into());
    }
    let steps = books.ledger.steps()?;
    let known = known_steps(&steps, order)?;
    let statements = statements(books, order, &known, host)?;
    let cases = match order.with_claims {
        true => cases(books, order, &known, &statements)?,
        false => BTreeMap::new(),
    };
    if statements.is_empty() {
        return Err(Refusal::NothingPosted {
            period: order.span.name.clone(),
            last: order.span.last,
            ledger: books.ledger.place().to_owned(),
        }
        .into());
    }
    std::fs::create_dir_all(order.out).about(|| message!("error.file.make", path = order.out.display()))?;
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
            if let Err(failure) = write(statement, cases, order, host) {
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
    let overview = order.out.join(format!("oversikt-{}.csv", order.span.name));
    crate::folder::write(&overview, paper::csv::overview(&statements, host.reader()))?;
    let mut failed = failed.into_inner().map_err(|_| stopped())?;
    failed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (count, of) = (failed.len(), statements.len());
    if let Some((number, failure)) = failed.into_iter().next() {
        return Err(failure.within(message!("error.statement.some_not_written", count, of, number)));
    }
    Ok(statements)
}

/// Contacts behind the lines of each statement, by recipient: the claims that were posted in the period.
fn cases(
    books: &mut Books,
    order: &Order,
    steps: &[Step],
    statements: &[Statement],
) -> Result<BTreeMap<String, Vec<CaseLine>>> {
    let mut out: BTreeMap<String, Vec<CaseLine>> =
        statements.iter().map(|statement| (statement.recipient.party.clone(), Vec::new())).collect();
    for step in steps.iter().filter(|step| matches!(step.kind, StepKind::Run | StepKind::Correct)) {
        let settled: Settled =
            serde_json::from_str(&step.content).about(|| message!("error.statement.content_step"))?;
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
    out.values_mut().for_each(|lines| lines.sort());
    Ok(out)
}

/// The statements of a period, as of these steps.
///
/// # Errors
/// Fails if a party of the order has no line in the period, or if the ledger cannot be read.
pub fn statements(books: &mut Books, order: &Order, steps: &[Step], host: &Host) -> Result<Vec<Statement>> {
    let stage = host.begin(Work::ReadVouchers);
    let months = Months::of(steps)?;
    let end = months.touched(order.span.first, order.span.last);
    let january = Month::new(order.span.first.year(), 1).unwrap_or(order.span.first);
    // If closing January nets nothing, amounts carried forward may come from earlier years.
    let first = months.months.keys().next().copied().map_or(january, |first| std::cmp::min(first, january));
    let first = if months.nets(january) { january } else { first };
    let vouchers = books.vouchers(first, order.span.last, Some(end))?;
    let rules = rule_names(books, &months)?;
    stage.done();
    let scheme = Scheme::built_in()?;
    let languages = languages(order.languages, order.sender_language)?;
    // A later step that changes no sum leaves the code on paper as it is.
    let control_code = control(books, steps, months.summed(order.span.first, order.span.last))?;
    let names = Names::of(&books.municipalities, Language::Nb);
    let name = |party: &str, language: Language| names.name_in(party, language);
    let last = order.span.last;
    let heir = |party: &str| heir(&months, &books.municipalities, party, last);
    let terms = |instrument: Instrument, day: Day| terms(&scheme, instrument, day);
    let own = made::by_party(&vouchers, &heir);
    let context = Context {
        months: &months,
        name: &name,
        heir: &heir,
        is_private: &parties::is_private,
        rules: &rules,
        terms: &terms,
        sender: Named {
            party: "sender".to_owned(),
            name: order.sender.map_or_else(|| order.sender_language.text("paper.sender"), str::to_owned),
        },
        control_code,
    };
    let mut out = Vec::new();
    for (party, own) in &own {
        let is_wanted = Party::of(party) != Party::Clearing
            && (order.parties.is_empty() || order.parties.contains(party));
        if is_wanted && own.iter().any(|(voucher, _)| order.span.holds(&voucher.posting_month)) {
            let language = languages.get(party.as_str()).copied().unwrap_or(order.sender_language);
            out.push(made::statement(party, own, &order.span, language, &context));
        }
    }
    for party in order.parties {
        if !out.iter().any(|statement| statement.recipient.party == *party) {
            let (party, period) = (party.clone(), order.span.name.clone());
            return Err(Refusal::NoLineIn { party, period }.into());
        }
    }
    Ok(out)
}

/// Control code of statements up to a step: the hash of the step's last voucher, or of the step if it has
/// none.
fn control(books: &mut Books, steps: &[Step], last: i64) -> Result<String> {
    let only = ledger::store::Wanted::of_step(last);
    let vouchers = books.ledger.vouchers(&only)?;
    let of_step =
        || steps.iter().find(|step| step.number == last).map_or_else(String::new, |step| step.hash.clone());
    Ok(vouchers.last().map_or_else(of_step, |voucher| voucher.hash.clone()))
}

/// Rate and citation of every rule version that a settlement used, from the rules kept in the ledger.
fn rule_names(books: &mut Books, months: &Months) -> Result<BTreeMap<String, RuleName>> {
    let archives: BTreeSet<&str> =
        months.basis.values().flatten().map(|basis| basis.rules_archive.as_str()).collect();
    let mut out = BTreeMap::new();
    for digest in archives {
        name_rules(&books.kept_rules(digest)?, &mut out)?;
    }
    Ok(out)
}

fn name_rules(book: &LawBook, out: &mut BTreeMap<String, RuleName>) -> Result<()> {
    let law = settlement::Law::of(book)?;
    let cites = |instrument: Instrument| -> Result<String> {
        let file = book.rule_of(instrument)?;
        Ok(file.law.iter().map(|law| law.cite.clone()).collect::<Vec<_>>().join("; "))
    };
    for segment in law.shares.iter().flat_map(|side| &side.segments) {
        if let Some(rule) = segment.standing.in_force() {
            // A share that another instrument lowers is an upper bound.
            let (share, price) = (rule.share.0, whole(rule.unit_price.0));
            let rate = match rule.lowered_by.is_some() {
                true => message!("paper.rate_at_most", share, price),
                false => message!("paper.rate_of", share, price),
            };
            let cite = cites(rule.instrument)?;
            out.insert(rule.version.to_string(), RuleName { rate, cite });
        }
    }
    for segment in &law.usk {
        if let Some(rule) = segment.standing.in_force() {
            let rate = rule.rate.as_ref().map_or_else(Message::default, |rate| Message::Plain(whole(rate.0)));
            let cite = cites(Instrument::DischargeReady)?;
            out.insert(rule.version.to_string(), RuleName { rate, cite });
        }
    }
    Ok(())
}

/// An amount without its decimals if they are zero, as `38 209 kr`.
fn whole(amount: domain::Amount) -> String {
    amount.to_string().replace(",00", "")
}

fn terms(scheme: &Scheme, instrument: Instrument, day: Day) -> Terms {
    let flow = instrument.word();
    let account = scheme.account_on(flow, day).map(|row| {
        let unsigned = is_unsigned(row, &scheme.sources);
        let text = |article: &str| format!("{}, {}", row.value.function_name, article);
        let of = |article: &str, name: &str| {
            (row.value.function.clone(), article.to_owned(), text(name), unsigned)
        };
        [
            of(&row.value.article, &row.value.article_name),
            of(&row.value.article_private, &row.value.article_private_name),
        ]
    });
    let days = scheme.term_on(flow, day).map(|row| (row.value.days, is_unsigned(row, &scheme.sources)));
    Terms { account, days }
}

/// Reads rows `code;nb`, `code;nn` or `code;neutral`: the language that each municipality has decided on.
fn languages(path: Option<&Path>, sender: Language) -> Result<BTreeMap<String, Language>> {
    let mut out = BTreeMap::new();
    let Some(path) = path else { return Ok(out) };
    for (at, [code, word]) in small_table(path, "code;nb, code;nn or code;neutral")? {
        let language = match word.as_str() {
            "nn" => Language::Nn,
            "nb" => Language::Nb,
            "neutral" => sender,
            _ => fail!("error.statement.expected_code_nb_code_nn_code", at),
        };
        out.insert(code, language);
    }
    Ok(out)
}

/// A text for the name of a file: any character but ASCII letters, digits and hyphens becomes an underscore. If that
/// takes away more than the colon of a party, the first six digits of the text's SHA-256 follow, so that no two
/// parties share a name.
fn for_file(text: &str) -> String {
    let may_stand = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
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
fn write(statement: &Statement, cases: Option<&[CaseLine]>, order: &Order, host: &Host) -> Result<()> {
    let language = statement.language;
    let reader = if host.is_plain { Reader::Program } else { Reader::Person(language) };
    let path = |ending: &str| order.out.join(format!("{}.{ending}", stem(statement)));
    let put = |path: PathBuf, bytes: &[u8]| crate::folder::write(&path, bytes);
    for form in order.forms {
        match form {
            PaperForm::Pdf => put(path("pdf"), &paper::pdf::pdf(statement, language)?)?,
            PaperForm::Xlsx => {
                put(path("xlsx"), &paper::workbook::workbook(statement, cases, language, &order.command)?)?
            }
            PaperForm::Csv => {
                put(path("csv"), paper::csv::lines(statement, reader).as_bytes())?;
                put(path("txt"), paper::csv::about(statement, language, &order.command).as_bytes())?;
            }
            PaperForm::Ehf => invoices(statement, language, &put, order.out)?,
            PaperForm::Json => {
                put(path("json"), format!("{}\n", serde_json::to_string_pretty(statement)?).as_bytes())?
            }
        }
    }
    Ok(())
}

/// Writes one document for each creditor of a municipality's statement, or a text on why there can be none.
/// Nothing is written if everything is netted, or if the amounts are not fixed yet.
fn invoices(
    statement: &Statement,
    language: Language,
    put: &impl Fn(PathBuf, &[u8]) -> Result<()>,
    out: &Path,
) -> Result<()> {
    let own =
        statement.payments.iter().filter(|payment| Party::of(&payment.counterparty.party) != Party::Clearing);
    for payment in own.filter(|_| statement.owes && statement.fixed) {
        let seller = paper::ehf::Party {
            name: payment.counterparty.name.clone(),
            organisation: payment.counterparty.party.clone(),
        };
        let buyer = paper::ehf::Party {
            name: statement.recipient.name.clone(),
            organisation: parties::organisation_of(&statement.recipient.party),
        };
        let reference = &payment.reference;
        match paper::ehf::document(statement, payment, &seller, &buyer, language) {
            Ok(text) => put(out.join(format!("ehf-{}.xml", for_file(reference))), text.as_bytes())?,
            Err(Missing::NothingToPay) => {}
            Err(why) => {
                let names = [("seller", &seller.name), ("buyer", &buyer.name)];
                let names = names.map(|(key, name)| (key, Message::plain(name)));
                let why = Message::new(why.key(), names.into());
                let text = message!("paper.no_ehf", reference, why, amount = payment.amount);
                let text = language.say(&text) + "\n";
                put(out.join(format!("mangler-ehf-{}.txt", for_file(reference))), text.as_bytes())?;
            }
        }
    }
    Ok(())
}
