//! The ways of calculating, one file each. What a budget or an amendment changes is data; the shape of a
//! calculation, which changes once in a decade, is here.

pub mod day_rate;
pub mod share_of_drg_price;
