//! Estimates with their uncertainty. Floating-point numbers live here, and never become a charge.

pub mod forecast;
