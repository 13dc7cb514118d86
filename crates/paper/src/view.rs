//! A statement in words: every text and number as it stands on the page. The template only places them.

use chart::bridge::on_one_line;
use domain::statement::{Address, BridgeWhat, Named, Post, Statement, Tag};
use domain::{Amount, Cause, Gap, Instrument, Party};
use serde::Serialize;

use crate::text::{day, kroner, period, points, text, with};
use words::{Language, Said, say};

/// Largest number of lines of a statement at which each line has two rows. Two lines or more, all of one
/// instrument, have one row each.
const LONG: usize = 12;
/// Largest number of lines that have one row each. More lines are added up over counterparties; the workbook has every line.
const COMPACT_LINES: usize = 200;

/// The instrument of the lines, if there are two lines or more and all are of one instrument.
fn only(statement: &Statement) -> Option<Instrument> {
    let first = statement.posts.first()?.instrument;
    let is_same = statement.posts.len() > 1 && statement.posts.iter().all(|post| post.instrument == first);
    is_same.then_some(first)
}

/// The page of a statement, in words.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// Code of the language: `nb`, `nn` or `en`.
    pub lang: String,
    pub title: String,
    /// Text and kind of each tag.
    pub tags: Vec<(String, String)>,
    /// Name of the sender, and a line under the name.
    pub sender: (String, String),
    /// Whom to ask about the statement; empty if no contact is known.
    pub contact: String,
    /// Name of the recipient, and a line under the name.
    pub recipient: (String, String),
    /// Day on which the statement was issued; empty while its last month is open.
    pub issued: String,
    /// Headings and values in the box.
    pub facts: Vec<(String, String)>,
    /// Sentences on the amount settled and how it differs from the amount on account.
    pub lead: String,
    /// Heading of the chart, and text for readers who do not see it; the text is empty if there is no chart.
    pub bridge: (String, String),
    /// Heads of the columns of lines.
    pub heads: Vec<String>,
    /// Number, title, counterparty, quantity, rate, amount and account of each line.
    pub lines: Vec<[String; 7]>,
    /// Instrument and provision of each rule behind the lines.
    pub provisions: Vec<[String; 2]>,
    /// Text under lines that are added up over counterparties; empty otherwise.
    pub remark: String,
    /// Label and amount of the sum of all lines, and of what leads from it to the amount to pay: on account, carried,
    /// rounding, and the amount itself. The sum stands alone if it is the amount to pay.
    pub sums: Vec<(String, String)>,
    /// Headings of the lines, the payments, the proposal for the accounts, and the reading guide.
    pub headings: Vec<String>,
    /// Counterparty, reference and amount of each payment; empty for a single payment. In a summary: statement, due day
    /// and amount of each month.
    pub payments: Vec<[String; 3]>,
    pub payment_heads: [String; 3],
    /// Function, article, text and amount of each proposal for the accounts.
    pub bookings: Vec<[String; 4]>,
    pub booking_heads: [String; 4],
    /// Sentences on how to read the statement.
    pub how: Vec<String>,
    /// Left part of the footer.
    pub footer: String,
    /// The words before the number of a page and before the number of pages: `Side` and `av`.
    pub page: (String, String),
    /// Year, month and day of the document: the last day of the period.
    pub date: (i16, i8, i8),
}

/// Text and kind of a tag.
pub fn tag(tag: Tag, language: Language) -> (String, String) {
    let said = tag.said();
    (language.say(&said), said.name())
}

/// Name of an instrument in the recipient's language.
pub fn instrument(instrument: Instrument, language: Language) -> String {
    language.text(&format!("paper.{}", instrument.word().to_lowercase()))
}

/// Name of a cause in the recipient's language; empty for activity, amounts on account and payments.
pub fn cause(cause: Cause, language: Language) -> String {
    if cause.is_correction() { language.say(&cause.said()) } else { String::new() }
}

/// Title of a line: the instrument; for a correction, the statement that it corrects and the cause; then the references
/// of decisions and the disputed amount, if there are any.
pub fn post_title(post: &Post, language: Language) -> String {
    let what = instrument(post.instrument, language);
    let title = if post.cause == Cause::Activity {
        what
    } else {
        let cause = cause(post.cause, language);
        let correction = match post.corrects.as_str() {
            // Nothing was asked for before, as of a municipality that pays what another one paid.
            "" => say!(
                language,
                "paper.correction_for",
                period = period(&post.activity_period, language),
                cause
            ),
            statement => say!(language, "paper.correction_of", statement, cause),
        };
        format!("{what}. {correction}")
    };
    marked(title, post, language)
}

/// Title of a line on one row: the instrument if `with_instrument`, the counterparty, and the month and cause of a
/// correction.
fn compact_title(post: &Post, with_instrument: bool, language: Language) -> String {
    let mut name = post.counterparty.name.clone();
    if with_instrument {
        let what = activity(post.instrument, language);
        name = format!("{what}: {name}");
    }
    let title = if post.cause == Cause::Activity {
        name
    } else {
        format!("{name}. {}: {}", period(&post.activity_period, language), cause(post.cause, language))
    };
    marked(title, post, language)
}

/// A title, with the references of the decisions behind the line and the disputed amount, if there are any.
fn marked(mut title: String, post: &Post, language: Language) -> String {
    if !post.references.is_empty() {
        title.push_str(&format!(" ({})", post.references.join(", ")));
    }
    if post.disputed != Amount::ZERO {
        title.push_str(&format!(" ({})", say!(language, "paper.disputed", amount = post.disputed)));
    }
    title
}

/// Quantity of a line: days for discharge-ready patients, DRG points for the other instruments.
pub fn quantity(post: &Post, language: Language) -> String {
    match post.instrument {
        // An amount that somebody decided has no quantity.
        _ if !post.cause.is_computed() && post.days == 0 && post.points_milli == 0 => String::new(),
        Instrument::DischargeReady => {
            let sign = if post.days < 0 { "\u{2212}" } else { "" };
            let days = domain::amount::grouped(post.days.unsigned_abs());
            let unit = if post.days.abs() == 1 { "paper.one_day" } else { "paper.days" };
            format!("{sign}{days} {}", language.text(unit))
        }
        Instrument::CoFinancing | Instrument::Isf => {
            format!("{} {}", points(post.points_milli), language.text("paper.points"))
        }
    }
}

/// The rate of a line; empty if the line has no quantity.
pub fn rate(post: &Post) -> String {
    let has_quantity = post.cause.is_computed() || post.days != 0 || post.points_milli != 0;
    if has_quantity { post.rate.clone() } else { String::new() }
}

/// Whom to ask, on one line; empty if nothing is known.
fn contact(address: &Address) -> String {
    let parts = [&address.contact, &address.telephone, &address.email];
    parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

/// A payee's name, with the account that the payment goes to.
fn payee(payment: &domain::statement::Payment, language: Language) -> String {
    let name = &payment.counterparty.name;
    match payment.account.split_at_checked(4).map(|(bank, rest)| (bank, rest.split_at_checked(2))) {
        Some((bank, Some((group, rest)))) => {
            say!(language, "paper.payee", name, account = format!("{bank}\u{a0}{group}\u{a0}{rest}"))
        }
        _ => name.clone(),
    }
}

/// Name of a party, and a line under the name with its organisation number, `organisation`. If `organisation` is
/// empty, the line has the number in the party's own code, or is empty if the code is not a number.
fn who(named: &Named, organisation: &str, language: Language) -> (String, String) {
    if !organisation.is_empty() {
        let under = format!("{} {organisation}", language.text("paper.organisation_number"));
        return (named.name.clone(), under);
    }
    let under = match Party::of(&named.party) {
        Party::Municipality { code, .. } => format!("{} {code}", language.text("paper.municipality_number")),
        Party::Organisation(number) if number.len() == 9 && number.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{} {number}", language.text("paper.organisation_number"))
        }
        _ => String::new(),
    };
    (named.name.clone(), under)
}

/// Absolute value of an amount to pay: the heading gives the direction.
fn absolute(amount: Amount) -> Amount {
    Amount::from_ore(amount.ore().abs())
}

/// Sentences on how to read a statement. `is_demand` says that it asks for an amount on account.
fn how(statement: &Statement, is_demand: bool, language: Language) -> Vec<String> {
    if is_demand && statement.posts.is_empty() {
        return vec![language.text("paper.how_on_account")];
    }
    let mut how: Vec<String> = statement.not_settled.iter().map(|one| not_settled(one, language)).collect();
    for (tag, key) in [
        (Tag::Synthetic, "how_synthetic"),
        (Tag::Draft, "how_draft"),
        (Tag::Provisional, "how_provisional"),
        (Tag::Closed, "how_closed"),
        (Tag::Final, "how_closed"),
    ] {
        if statement.tags.contains(&tag) {
            how.push(with(language, key, "count", &statement.unsigned.to_string()));
        }
    }
    if statement.posts.iter().any(|post| post.instrument == Instrument::CoFinancing) {
        how.push(language.text("paper.how_rounding"));
    }
    if statement.posts.iter().any(|post| post.instrument == Instrument::Isf) {
        how.push(language.text("paper.how_isf"));
    }
    how.extend(["how_corrections", "how_objection", "how_explain"].map(|key| text(key, language)));
    how
}

/// That an instrument is not settled, and why.
fn not_settled((instrument, missing): (&Instrument, &Option<Gap>), language: Language) -> String {
    match missing {
        Some(missing) => say!(language, "paper.how_unpriced", instrument, missing = missing.said()),
        None => say!(language, "paper.how_not_asked", instrument),
    }
}

/// The statement in words.
pub fn view(statement: &Statement, language: Language) -> View {
    let is_demand =
        asks_on_account(statement) && statement.on_account != Amount::ZERO && !statement.is_summary;
    let kind = language.text(if is_demand { "paper.on_account" } else { "paper.settlement" });
    let title = format!("{kind} {}", period(&statement.period, language));
    let (posts, remark) = lines(statement, language);
    let facts = if statement.is_summary { summed(statement, language) } else { paid(statement, language) };
    let how = how(statement, is_demand, language);
    let booking_heads = ["function", "article", "text", "amount"].map(|key| text(key, language));
    let (payments_head, payment_heads) = payment_heads(statement);
    let payment_heads = payment_heads.map(|key| text(key, language));
    View {
        lang: language.code().to_owned(),
        title,
        tags: statement.tags.iter().map(|one| tag(*one, language)).collect(),
        sender: who(&statement.sender, &statement.sender_address.organisation, language),
        contact: contact(&statement.sender_address),
        recipient: who(&statement.recipient, "", language),
        issued: statement.issued.map_or_else(String::new, |issued| {
            format!("{} {}", language.text("paper.issued"), day(issued, language))
        }),
        facts,
        lead: lead(statement, language),
        bridge: (language.text("paper.bridge"), deviation_text(statement, language)),
        heads: ["line", "post", "quantity", "rate", "amount", "function_article"]
            .map(|key| text(key, language))
            .into(),
        lines: posts,
        provisions: provisions(statement, language),
        remark,
        sums: sums(statement, language),
        headings: [posts_heading(statement, language)]
            .into_iter()
            .chain([payments_head, "booking", "how_to_read"].map(|key| text(key, language)))
            .collect(),
        payments: match statement.is_summary {
            true => asked(statement, language),
            false if statement.payments.len() > 1 => payments(statement, language),
            false => Vec::new(),
        },
        payment_heads,
        bookings: bookings(statement, language),
        booking_heads,
        how,
        footer: format!(
            "{} {} · {} {} · {} {}",
            language.text("paper.settlement"),
            statement.number,
            language.text("paper.version"),
            statement.version,
            language.text("paper.control_code"),
            control(&statement.control_code)
        ),
        page: (language.text("paper.page"), language.text("paper.of_pages")),
        date: statement.to.year_month_day(),
    }
}

/// Whether a statement asks for the amount on account alone, since its month is not settled yet.
pub(crate) fn asks_on_account(statement: &Statement) -> bool {
    !statement.fixed && statement.bridge.is_empty() && statement.to_pay == statement.on_account
}

/// The sum of the lines, and how it leads to the amount to pay; in a summary, to what is settled above what was on account.
fn sums(statement: &Statement, language: Language) -> Vec<(String, String)> {
    let mut out = vec![("sum", statement.settled)];
    let steps = [
        ("less_on_account", -statement.on_account),
        ("carried_short", statement.carried),
        ("carried_on_short", -statement.carried_on),
        ("rounding_short", statement.rounding),
    ];
    let leads = !asks_on_account(statement);
    out.extend(steps.into_iter().filter(|(_, amount)| leads && *amount != Amount::ZERO));
    if out.len() > 1 {
        let pays = statement.owes != (statement.to_pay.ore() < 0);
        let whole = out.iter().map(|(_, amount)| *amount).sum();
        out.push(match (statement.is_summary, pays) {
            (true, _) => ("beyond_on_account", whole),
            (false, true) => ("to_pay", whole),
            (false, false) => ("to_get", whole),
        });
    }
    out.into_iter().map(|(key, amount)| (on_one_line(&text(key, language)), kroner(amount))).collect()
}

/// Keys of the heading and of the columns of the payments; in a summary, of the months' statements.
fn payment_heads(statement: &Statement) -> (&'static str, [&'static str; 3]) {
    let of_months = ["statement", "due", "amount"];
    match (statement.is_summary, statement.tags.contains(&Tag::Draft)) {
        (true, true) => ("computed_in_months", of_months),
        (true, false) => ("asked_in_months", of_months),
        (false, _) => ("payments", ["counterparty", "reference", "amount"]),
    }
}

/// Heading of the lines, with the instrument if there are two lines or more and all are of one instrument.
fn posts_heading(statement: &Statement, language: Language) -> String {
    let posts = language.text("paper.posts");
    only(statement).map_or(posts.clone(), |one| format!("{posts}: {}", instrument(one, language)))
}

/// The facts of a month's statement: amount, day of payment, who pays, and the reference.
fn paid(statement: &Statement, language: Language) -> Vec<(String, String)> {
    let pays = statement.owes != (statement.to_pay.ore() < 0);
    let due = match statement.due {
        _ if due_apart(statement) && !statement.tags.contains(&Tag::Draft) => {
            language.text("paper.due_by_payment")
        }
        _ if statement.tags.contains(&Tag::Draft) => language.text("paper.due_draft"),
        Some(due) if statement.due_unsigned => {
            format!("{} ({})", day(due, language), language.text("paper.due_unsigned"))
        }
        Some(due) => day(due, language),
        None if statement.fixed => "–".to_owned(),
        None if asks_on_account(statement) => language.text("paper.due_not_set"),
        None => language.text("paper.due_open"),
    };
    let other = match &statement.payments[..] {
        [one] => payee(one, language),
        many => say!(language, "paper.several_payments", count = many.len()),
    };
    let reference = match &statement.payments[..] {
        [one] => one.reference.clone(),
        _ => statement.number.clone(),
    };
    vec![
        (text(if pays { "to_pay" } else { "to_get" }, language), absolute(statement.to_pay).to_string()),
        (language.text("paper.due"), due),
        (text(if pays { "paid_to" } else { "paid_by" }, language), other),
        (language.text("paper.reference"), reference),
    ]
}

/// The facts of a summary: the amount that its months asked for, and the amount not yet asked for. Drafts ask for nothing.
fn summed(statement: &Statement, language: Language) -> Vec<(String, String)> {
    let asked: Amount = statement.asked.iter().map(|one| one.amount).sum();
    let pays = statement.owes != (asked.ore() < 0);
    let (label, due) = match statement.tags.contains(&Tag::Draft) {
        true => ("computed_in_months", "due_draft"),
        false => (if pays { "asked" } else { "credited" }, "due_in_months"),
    };
    // A draft asks for nothing and credits nothing: its amount has its sign.
    let is_draft = statement.tags.contains(&Tag::Draft);
    let shown = if is_draft { asked } else { absolute(asked) };
    vec![
        (text(label, language), shown.to_string()),
        (language.text("paper.due"), text(due, language)),
        (language.text("paper.not_asked"), statement.not_paid.to_string()),
        (language.text("paper.to_pay"), language.text("paper.nothing_here")),
    ]
}

/// A row for each month of a summary: number of the month's statement, day of payment and amount.
fn asked(statement: &Statement, language: Language) -> Vec<[String; 3]> {
    let is_draft = statement.tags.contains(&Tag::Draft);
    let row = |one: &domain::statement::Asked| {
        let due = one.due.filter(|_| !is_draft).map_or_else(|| "–".to_owned(), |due| day(due, language));
        [one.statement.clone(), due, kroner(one.amount)]
    };
    statement.asked.iter().map(row).collect()
}

/// The first sixteen digits of a control code in groups of four, `7f3a c1e9 …`: enough to prove the ledger up to that
/// code (`samspill ledger verify --expect`).
fn control(code: &str) -> String {
    let digits: Vec<char> = code.chars().take(16).collect();
    digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Whether the lines of the page are added up over their counterparties, because there are many.
fn is_folded(statement: &Statement) -> bool {
    statement.posts.len() > COMPACT_LINES
}

/// The lines of the page, and the text under them.
fn lines(statement: &Statement, language: Language) -> (Vec<[String; 7]>, String) {
    let one = only(statement);
    let is_compact =
        (one.is_some() || statement.posts.len() > LONG) && statement.posts.len() <= COMPACT_LINES;
    let is_folded = is_folded(statement);
    let folded;
    let posts = if is_folded {
        folded = fold(&statement.posts);
        &folded
    } else {
        &statement.posts
    };
    let line = |(number, post): (usize, &Post)| {
        let (title, other) = match (is_compact, is_folded) {
            (true, _) => (compact_title(post, one.is_none(), language), String::new()),
            (false, true) => (post_title(post, language), String::new()),
            (false, false) => (post_title(post, language), post.counterparty.name.clone()),
        };
        [
            number.to_string(),
            title,
            other,
            quantity(post, language),
            rate(post),
            kroner(post.amount),
            post.account.clone(),
        ]
    };
    let remark = match is_folded {
        true => say!(language, "paper.more_lines", count = statement.posts.len().to_string()),
        false => String::new(),
    };
    ((1..).zip(posts).map(line).collect(), remark)
}

/// Number of the line on the paper that each post of a statement is part of.
pub(crate) fn lines_of(statement: &Statement) -> Vec<usize> {
    if !is_folded(statement) {
        return (1..=statement.posts.len()).collect();
    }
    let folded = fold(&statement.posts);
    let of = |post: &Post| folded.iter().position(|sum| is_same_line(sum, post)).map_or(0, |place| place + 1);
    statement.posts.iter().map(of).collect()
}

/// Provisions behind the lines, each once. The workbook has the versions of the rules, with their digests.
fn provisions(statement: &Statement, language: Language) -> Vec<[String; 2]> {
    let mut out: Vec<[String; 2]> = Vec::new();
    for post in &statement.posts {
        let cite = statement.rules.iter().find(|(version, _)| *version == post.rule_version);
        let row = cite.map(|(_, cite)| [instrument(post.instrument, language), cite.clone()]);
        out.extend(row.filter(|row| !out.contains(row)));
    }
    out
}

/// Whether two posts stand on one line when lines are added up over their counterparties.
fn is_same_line(one: &Post, other: &Post) -> bool {
    (one.instrument, one.cause, &one.activity_period, &one.rule_version)
        == (other.instrument, other.cause, &other.activity_period, &other.rule_version)
}

/// Lines added up over their counterparties.
fn fold(posts: &[Post]) -> Vec<Post> {
    let mut out: Vec<Post> = Vec::new();
    for post in posts {
        match out.iter_mut().find(|other| is_same_line(other, post)) {
            Some(sum) => {
                sum.contacts += post.contacts;
                sum.points_milli += post.points_milli;
                sum.days += post.days;
                sum.amount += post.amount;
                sum.disputed += post.disputed;
                sum.references.extend(
                    post.references
                        .iter()
                        .filter(|one| !sum.references.contains(one))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
            }
            None => out.push(post.clone()),
        }
    }
    out
}

/// Whether the payments of a statement are due on different days.
fn due_apart(statement: &Statement) -> bool {
    statement.payments.iter().any(|payment| payment.due != statement.payments[0].due)
}

fn payments(statement: &Statement, language: Language) -> Vec<[String; 3]> {
    let row = |one: &domain::statement::Payment| {
        let mark = match one.due_unsigned {
            true => format!(" ({})", language.text("paper.due_unsigned")),
            false => String::new(),
        };
        let due = one
            .due
            .map_or_else(|| language.text("paper.due_none"), |due| format!("{}{mark}", day(due, language)));
        let reference = match due_apart(statement) && !statement.tags.contains(&Tag::Draft) {
            true => format!("{} · {}: {due}", one.reference, text("due", language)),
            false => one.reference.clone(),
        };
        [payee(one, language), reference, kroner(one.amount)]
    };
    statement.payments.iter().map(row).collect()
}

fn bookings(statement: &Statement, language: Language) -> Vec<[String; 4]> {
    let row = |one: &domain::statement::Booking| {
        let mark = if one.unsigned {
            format!(" ({})", language.text("paper.booking_unsigned"))
        } else {
            String::new()
        };
        [one.function.clone(), one.article.clone(), format!("{}{mark}", one.text), kroner(one.amount)]
    };
    statement.bookings.iter().map(row).collect()
}

/// Sentences on the amount settled and how it differs from the amount on account.
fn lead(statement: &Statement, language: Language) -> String {
    let mut sentences = Vec::new();
    if statement.is_summary {
        let is_draft = statement.tags.contains(&Tag::Draft);
        sentences.push(text(if is_draft { "summary_of_drafts" } else { "summary" }, language));
    } else if asks_on_account(statement) {
        let is_asked = statement.on_account != Amount::ZERO || statement.posts.is_empty();
        let asked = is_asked.then(|| language.text("paper.only_on_account"));
        let waits = (!statement.posts.is_empty()).then(|| language.text("paper.waits"));
        return asked.into_iter().chain(waits).collect::<Vec<_>>().join(" ");
    }
    if !statement.unsettled.is_empty() {
        let (count, list) = (statement.unsettled.len(), months_of(&statement.unsettled, language));
        sentences.push(say!(language, "paper.unsettled", count, list));
    }
    let more = statement.settled - statement.on_account;
    let zero = Amount::ZERO;
    let amount = |key: &str, amount: Amount| with(language, key, "amount", &amount.to_string());
    sentences.push(match (statement.on_account, more) {
        (on_account, _) if on_account == zero => amount("without_on_account", statement.settled),
        (_, more) if more == zero => language.text("paper.same"),
        (_, more) if more < zero => amount("lower", -more),
        (_, more) => amount("higher", more),
    });
    // What changed before its own month was closed corrects no earlier month.
    let is_earlier = |post: &&Post| {
        let month = domain::Month::parse(&post.activity_period).ok();
        post.cause != Cause::Activity
            && (statement.is_summary || month.is_none_or(|month| month.first() < statement.from))
    };
    let corrections: Amount = statement.posts.iter().filter(is_earlier).map(|post| post.amount).sum();
    if corrections != zero {
        // Corrections are part of the difference only if they have the same sign as the difference and are no larger
        // than it.
        let is_part = statement.on_account != zero
            && (corrections > zero) == (more > zero)
            && corrections.ore().abs() <= more.ore().abs();
        sentences.push(match is_part {
            true => amount("of_which_corrections", corrections),
            false => say!(
                language,
                "paper.activity_and_corrections",
                activity = statement.settled - corrections,
                corrections
            ),
        });
    }
    for (key, value) in [
        ("carried", statement.carried),
        ("carried_on", statement.carried_on),
        ("rounding", statement.rounding),
    ] {
        if value != zero {
            sentences.push(amount(key, value));
        }
    }
    sentences.join(" ")
}

/// Label of an instrument's activity on one line.
fn activity(instrument: Instrument, language: Language) -> String {
    let key = match instrument {
        Instrument::CoFinancing => "activity_kmf",
        Instrument::DischargeReady => "activity_usk",
        Instrument::Isf => "activity_isf",
    };
    on_one_line(&text(key, language))
}

/// Label of a step of the chart, and whether the step is of what was settled; the other steps are of what is carried or
/// rounded. `None` for a level of the bridge.
fn step_of(what: BridgeWhat, language: Language) -> Option<(String, bool)> {
    let (key, settles) = match what {
        BridgeWhat::Activity(instrument) => return Some((activity(instrument, language), true)),
        BridgeWhat::Corrections => ("corrections", true),
        BridgeWhat::Rates => ("rates", true),
        BridgeWhat::Decisions => ("decisions", true),
        BridgeWhat::Carried => ("carried_short", false),
        BridgeWhat::Rounding => ("rounding_short", false),
        BridgeWhat::OnAccount
        | BridgeWhat::Settlement
        | BridgeWhat::LessOnAccount
        | BridgeWhat::ToPay
        | BridgeWhat::Asked => return None,
    };
    Some((on_one_line(&text(key, language)), settles))
}

/// The steps of the chart as text, for readers who do not see it; empty if there is no chart.
fn deviation_text(statement: &Statement, language: Language) -> String {
    let step = |step: chart::deviation::Step| format!("{}: {}", step.label, step.amount);
    deviations(statement, language).into_iter().map(step).collect::<Vec<_>>().join("; ")
}

/// Months in words; of months in a row, the first and the last.
fn months_of(months: &[String], language: Language) -> String {
    let named = |month: &String| period(month, language);
    let next = |month: &String| domain::Month::parse(month).ok().and_then(domain::Month::next);
    let is_in_a_row = months.windows(2).all(|pair| next(&pair[0]) == domain::Month::parse(&pair[1]).ok());
    match months {
        [first, _, .., last] if is_in_a_row => format!("{}–{}", named(first), named(last)),
        all => all.iter().map(named).collect::<Vec<_>>().join(", "),
    }
}

/// Steps from the amount on account to the amount settled. If the amount on account was wholly paid, the steps go on to
/// the amount to pay, and add up to what is to be paid. Empty if there are fewer than two steps: the lead sentences say
/// it.
fn deviations(statement: &Statement, language: Language) -> Vec<chart::deviation::Step> {
    let of = |wanted: BridgeWhat| -> Amount {
        statement.bridge.iter().filter(|step| step.what == wanted).map(|step| step.amount).sum()
    };
    let is_paid = of(BridgeWhat::OnAccount) == -of(BridgeWhat::LessOnAccount);
    let shown = statement.bridge.iter().filter(|step| step.amount != Amount::ZERO);
    let mut steps: Vec<chart::deviation::Step> = shown
        .filter_map(|step| {
            let (label, settles) = step_of(step.what, language)?;
            (settles || is_paid).then_some(chart::deviation::Step {
                label,
                is_total: false,
                amount: step.amount,
            })
        })
        .collect();
    if steps.len() < 2 {
        return Vec::new();
    }
    let amount: Amount = steps.iter().map(|step| step.amount).sum();
    let pays = statement.owes != (amount < Amount::ZERO);
    let key = match (statement.is_summary, statement.on_account == Amount::ZERO, is_paid) {
        (false, _, true) if amount == statement.to_pay => {
            if pays {
                "to_pay"
            } else {
                "to_get"
            }
        }
        (_, true, _) => "settled",
        _ => "deviation",
    };
    steps.push(chart::deviation::Step { label: text(key, language), is_total: true, amount });
    steps
}

/// The chart as SVG.
pub fn deviation_svg(statement: &Statement, language: Language, font: &str) -> String {
    let units = (language.text("paper.axis_thousand"), language.text("paper.axis_million"));
    let (steps, title) = (deviations(statement, language), language.text("paper.bridge"));
    chart::deviation::deviation(&steps, 640, (&units.0, &units.1), &title, font)
}
