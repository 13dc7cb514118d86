//! A statement in words: every text and number as it stands on the page. The template and the workbook
//! only place them.

use domain::statement::{BridgeWhat, Named, Post, Statement, Tag};
use domain::{Amount, Cause, Instrument};
use serde::Serialize;

use crate::text::{Texts, day, kroner, period, points};

/// Lines beyond this are added up by cause on the page; the workbook has them all.
const LINES: usize = 60;

/// The page, in words.
#[derive(Debug, Clone, Serialize)]
pub struct View {
    /// Language code.
    pub lang: String,
    /// Title.
    pub title: String,
    /// Tags: text and kind.
    pub tags: Vec<(String, String)>,
    /// Sender: name and a line under it.
    pub sender: (String, String),
    /// Recipient: name and a line under it.
    pub recipient: (String, String),
    /// The box: heading and value.
    pub facts: Vec<(String, String)>,
    /// One sentence or more on the change.
    pub lead: String,
    /// Heading of the bridge, and what it says to those who cannot see it.
    pub bridge: (String, String),
    /// Heads of the lines.
    pub heads: Vec<String>,
    /// Lines: post, counterparty, quantity, rate, amount, account, rule.
    pub lines: Vec<[String; 7]>,
    /// A remark under the lines.
    pub remark: String,
    /// Sum.
    pub sum: (String, String),
    /// Headings of the other parts.
    pub headings: Vec<String>,
    /// Payments, where there is more than one.
    pub payments: Vec<[String; 3]>,
    /// Heads of payments.
    pub payment_heads: [String; 3],
    /// Proposal for the accounts.
    pub bookings: Vec<[String; 4]>,
    /// Heads of the proposal.
    pub booking_heads: [String; 4],
    /// How to read it.
    pub how: Vec<String>,
    /// Footer, left.
    pub footer: String,
    /// `Side` and `av`.
    pub page: (String, String),
    /// Day for the document's own date: year, month, day.
    pub date: (i16, i8, i32),
}

/// Texts of a tag.
pub fn tag(tag: Tag, texts: &Texts) -> (String, String) {
    let key = match tag {
        Tag::Draft => "draft",
        Tag::Provisional => "provisional",
        Tag::Closed => "closed",
        Tag::Final => "final",
        Tag::Corrected => "corrected",
        Tag::Synthetic => "synthetic",
    };
    (texts.get(&format!("tag_{key}")), key.to_owned())
}

/// An instrument in the recipient's language.
pub fn instrument(instrument: Instrument, texts: &Texts) -> String {
    texts.get(&instrument.word().to_lowercase())
}

/// A cause in the recipient's language.
pub fn cause(cause: Cause, texts: &Texts) -> String {
    match cause {
        Cause::Activity | Cause::OnAccount | Cause::Netting | Cause::Invoice => String::new(),
        other => texts.get(&format!("cause_{}", other.word().replace('-', "_"))),
    }
}

/// What a line is called.
pub fn post_title(post: &Post, texts: &Texts) -> String {
    let what = instrument(post.instrument, texts);
    let mut title = match post.cause {
        Cause::Activity => what,
        other => {
            let text = texts.with("correction_of", "statement", &post.corrects);
            format!("{what}. {}", text.replace("{cause}", &cause(other, texts)))
        }
    };
    if post.disputed {
        title.push_str(&format!(" ({})", texts.get("disputed")));
    }
    title
}

/// How much a line is of.
pub fn quantity(post: &Post, texts: &Texts) -> String {
    match post.instrument {
        Instrument::DischargeReady => {
            let sign = if post.days < 0 { "\u{2212}" } else { "" };
            let days = domain::amount::grouped(post.days.unsigned_abs());
            format!("{sign}{days} {}", texts.get("days"))
        }
        Instrument::CoFinancing | Instrument::Isf => {
            format!("{} {}", points(post.points_milli), texts.get("points"))
        }
    }
}

fn who(named: &Named, texts: &Texts) -> (String, String) {
    let is_code = named.party.bytes().take(4).all(|b| b.is_ascii_digit());
    let under = match named.party.len() {
        9 if is_code => format!("{} {}", texts.get("organisation_number"), named.party),
        4.. if is_code => format!("{} {}", texts.get("municipality_number"), &named.party[..4]),
        _ => String::new(),
    };
    (named.name.clone(), under)
}

/// An amount to pay as it is said: without a minus, since the heading tells the direction.
fn absolute(amount: Amount) -> Amount {
    Amount::from_ore(amount.ore().abs())
}

/// Puts a statement into words.
pub fn view(statement: &Statement, texts: &Texts) -> View {
    let title = format!("{} {}", texts.get("settlement"), period(&statement.period));
    let (posts, remark) = lines(statement, texts);
    let pays = statement.owes != (statement.to_pay.ore() < 0);
    let due = match statement.due {
        Some(due) if statement.due_unsigned => format!("{} ({})", day(due), texts.get("due_unsigned")),
        Some(due) => day(due),
        None if statement.fixed => "–".to_owned(),
        None => texts.get("due_open"),
    };
    let other = match &statement.payments[..] {
        [one] => one.counterparty.name.clone(),
        many => format!("{} ({})", texts.get("payments").to_lowercase(), many.len()),
    };
    let mut how = Vec::new();
    for (tag, key) in [
        (Tag::Synthetic, "how_synthetic"),
        (Tag::Draft, "how_draft"),
        (Tag::Provisional, "how_provisional"),
        (Tag::Closed, "how_closed"),
        (Tag::Final, "how_closed"),
    ] {
        if statement.tags.contains(&tag) {
            how.push(texts.with(key, "count", &statement.unsigned.to_string()));
        }
    }
    how.extend(["how_corrections", "how_objection", "how_explain"].map(|key| texts.get(key)));
    let booking_heads = ["function", "article", "text", "amount"].map(|key| texts.get(key));
    let payment_heads = ["counterparty", "reference", "amount"].map(|key| texts.get(key));
    let to = statement.to;
    View {
        lang: texts.code().to_owned(),
        title,
        tags: statement.tags.iter().map(|one| tag(*one, texts)).collect(),
        sender: who(&statement.sender, texts),
        recipient: who(&statement.recipient, texts),
        facts: vec![
            (texts.get(if pays { "to_pay" } else { "to_get" }), absolute(statement.to_pay).to_string()),
            (texts.get("due"), due),
            (texts.get(if pays { "paid_to" } else { "paid_by" }), other),
            (texts.get("reference"), statement.number.clone()),
        ],
        lead: lead(statement, texts),
        bridge: (texts.get("bridge"), bridge_told(statement, texts)),
        heads: ["post", "quantity", "rate", "amount", "function_article", "rule"]
            .map(|key| texts.get(key))
            .into(),
        lines: posts,
        remark,
        sum: (texts.get("sum"), kroner(statement.settled)),
        headings: ["posts", "payments", "booking", "how_to_read"].map(|key| texts.get(key)).into(),
        payments: if statement.payments.len() > 1 { payments(statement) } else { Vec::new() },
        payment_heads,
        bookings: bookings(statement, texts),
        booking_heads,
        how,
        footer: format!(
            "{} {} · {} {} · {} {}",
            texts.get("settlement"),
            statement.number,
            texts.get("version"),
            statement.version,
            texts.get("control_code"),
            control(&statement.control_code)
        ),
        page: (texts.get("page"), texts.get("of_pages")),
        date: (to.year(), to.month().number(), to.number() - to.month().first().number() + 1),
    }
}

/// `7f3a c1e9`.
fn control(code: &str) -> String {
    let short: String = code.chars().take(8).collect();
    let (one, other) = short.split_at(std::cmp::min(4, short.len()));
    format!("{one} {other}")
}

fn lines(statement: &Statement, texts: &Texts) -> (Vec<[String; 7]>, String) {
    let is_folded = statement.posts.len() > LINES;
    let folded;
    let posts = if is_folded {
        folded = fold(&statement.posts);
        &folded
    } else {
        &statement.posts
    };
    let line = |post: &Post| {
        let other = if is_folded { String::new() } else { post.counterparty.name.clone() };
        // The rule and its first day; the digest stands in the workbook.
        let rule = post.rule_version.split('/').next().unwrap_or_default().replace('@', " ");
        let title = post_title(post, texts);
        [
            title,
            other,
            quantity(post, texts),
            post.rate.clone(),
            kroner(post.amount),
            post.account.clone(),
            rule,
        ]
    };
    let remark = match is_folded {
        true => texts.with("more_lines", "count", &statement.posts.len().to_string()),
        false => String::new(),
    };
    (posts.iter().map(line).collect(), remark)
}

/// Lines of all counterparties, added up.
fn fold(posts: &[Post]) -> Vec<Post> {
    let mut out: Vec<Post> = Vec::new();
    for post in posts {
        let same = |other: &&mut Post| {
            (other.instrument, other.cause, &other.activity_period, &other.rule_version)
                == (post.instrument, post.cause, &post.activity_period, &post.rule_version)
        };
        match out.iter_mut().find(same) {
            Some(sum) => {
                sum.contacts += post.contacts;
                sum.points_milli += post.points_milli;
                sum.days += post.days;
                sum.amount += post.amount;
                sum.disputed |= post.disputed;
            }
            None => out.push(post.clone()),
        }
    }
    out
}

fn payments(statement: &Statement) -> Vec<[String; 3]> {
    let row = |one: &domain::statement::Payment| {
        [one.counterparty.name.clone(), one.reference.clone(), kroner(one.amount)]
    };
    statement.payments.iter().map(row).collect()
}

fn bookings(statement: &Statement, texts: &Texts) -> Vec<[String; 4]> {
    let row = |one: &domain::statement::Booking| {
        let mark = if one.unsigned { format!(" ({})", texts.get("booking_unsigned")) } else { String::new() };
        [one.function.clone(), one.article.clone(), format!("{}{mark}", one.text), kroner(one.amount)]
    };
    statement.bookings.iter().map(row).collect()
}

fn lead(statement: &Statement, texts: &Texts) -> String {
    let mut sentences = Vec::new();
    if statement.posts.is_empty() && !statement.fixed && statement.to_pay == statement.on_account {
        return texts.get("only_on_account");
    }
    let more = statement.settled - statement.on_account;
    let zero = Amount::ZERO;
    let amount = |key: &str, amount: Amount| texts.with(key, "amount", &amount.to_string());
    sentences.push(match (statement.on_account, more) {
        (on_account, _) if on_account == zero => amount("without_on_account", statement.settled),
        (_, more) if more == zero => texts.get("same"),
        (_, more) if more < zero => amount("lower", -more),
        (_, more) => amount("higher", more),
    });
    let corrections: Amount =
        statement.posts.iter().filter(|post| post.cause != Cause::Activity).map(|post| post.amount).sum();
    for (key, value) in [
        ("of_which_corrections", corrections),
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

/// The label of a step of the bridge.
pub fn bridge_label(what: BridgeWhat, texts: &Texts) -> String {
    texts.get(match what {
        BridgeWhat::OnAccount => "on_account",
        BridgeWhat::Activity(Instrument::CoFinancing) => "activity_kmf",
        BridgeWhat::Activity(Instrument::DischargeReady) => "activity_usk",
        BridgeWhat::Activity(Instrument::Isf) => "activity_isf",
        BridgeWhat::Corrections => "corrections",
        BridgeWhat::Rates => "rates",
        BridgeWhat::Decisions => "decisions",
        BridgeWhat::Settlement => "settled",
        BridgeWhat::LessOnAccount => "less_on_account",
        BridgeWhat::Carried => "carried_short",
        BridgeWhat::Rounding => "rounding_short",
        BridgeWhat::ToPay => "to_pay",
    })
}

/// The bridge as a sentence, for those who cannot see it.
fn bridge_told(statement: &Statement, texts: &Texts) -> String {
    let step = |step: &domain::statement::BridgeStep| {
        let label = bridge_label(step.what, texts).replace("-\n", "").replace('\n', " ");
        format!("{label}: {}", step.amount)
    };
    statement.bridge.iter().map(step).collect::<Vec<_>>().join("; ")
}

/// The bridge as a picture.
pub fn bridge_svg(statement: &Statement, texts: &Texts, font: &str) -> String {
    let bars: Vec<chart::bridge::Bar> = statement
        .bridge
        .iter()
        .map(|step| chart::bridge::Bar {
            label: bridge_label(step.what, texts),
            is_total: matches!(step.what, BridgeWhat::OnAccount | BridgeWhat::Settlement | BridgeWhat::ToPay),
            amount: step.amount,
        })
        .collect();
    let units = (texts.get("axis_thousand"), texts.get("axis_million"));
    chart::bridge::bridge(&bars, 640, (&units.0, &units.1), font)
}
