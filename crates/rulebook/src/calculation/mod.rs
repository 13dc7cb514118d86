//! The ways of calculating, one file each. A budget or an amendment changes data; the shape of a calculation,
//! which changes once in a decade, is code.

pub mod day_rate;
pub mod share_of_drg_price;
