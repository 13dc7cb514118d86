//! Settlement in a ledger, month by month: opening, amounts on account, settling, closing, correcting, making
//! final. Statements, objections, forecasts and proofs rest on the same ledger.
//!
//! Start reading in [`run()`].

pub mod accrual;
mod books;
pub mod bundle;
pub mod check_statement;
pub mod checkpoint;
mod close;
mod correct;
pub mod council;
mod delivery;
mod finalise;
pub mod forecast;
mod inherit;
pub mod objection;
mod on_account;
mod open;
pub mod preview;
pub mod proof;
mod replay;
pub mod review_board;
pub mod rules;
mod run;
pub mod running;
mod source;
pub mod statement;
mod status;

pub use books::{Books, Planned, heir};
pub use close::{Closing, close};
pub use correct::{Correction, correct, last_movements};
pub use delivery::{Causes, Run, Sums};
pub use finalise::{Finalising, finalise};
pub use inherit::{Inherited, Inheriting, inherit};
pub use ledger::statement::Span;
pub use ledger::store::shown;
pub use on_account::{OnAccountFrom, OnAccountPosted, on_account};
pub use open::{Opening, open, opened};
pub use run::{Settlement, Settling, run};
pub use status::{deliveries, status};
