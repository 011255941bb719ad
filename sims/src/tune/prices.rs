//! `sims tune`: what the machine costs.

use anyhow::bail;
use clap::Args;
use dormouse_sim::platform::{Between, Platform, Prices};

use crate::shelf;

/// Hours in a month of 30 days.
const HOURS: f64 = 720.0;

/// Prices that override the platform's.
#[derive(Args, Clone, Debug)]
pub(crate) struct PriceArgs {
    /// Price of 30 days running. Default: the platform's.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    running_per_month: Option<f64>,
    /// Price of 30 days suspended. Default: the platform's.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    suspended_per_month: Option<f64>,
    /// Price of a wake by itself. Default: the platform's.
    #[arg(long, value_name = "AMOUNT", value_parser = amount)]
    per_wake: Option<f64>,
}

/// The largest accepted amount; more is taken for a mistake.
const MOST: f64 = 1e9;

/// Parses an amount of money or a number of things; it must be at least 0.
pub(crate) fn amount(text: &str) -> Result<f64, String> {
    let number = text.trim().parse().ok().filter(|number| (0.0..=MOST).contains(number));
    number.ok_or_else(|| format!("{text:?} is not an amount; write a number from 0 to 1000000000, like 0.25"))
}

impl PriceArgs {
    /// The platform's prices, overridden by the arguments.
    ///
    /// # Errors
    /// When suspended time costs more than running time.
    pub(crate) fn of(&self, platform: &Platform) -> anyhow::Result<Prices> {
        let mut prices = platform.prices(&shelf::shelf()?);
        let per_hour = |amount: f64| Between::exactly(amount / HOURS);
        prices.running_per_hour = self.running_per_month.map_or(prices.running_per_hour, per_hour);
        prices.suspended_per_hour = self.suspended_per_month.map_or(prices.suspended_per_hour, per_hour);
        prices.per_wake = self.per_wake.map_or(prices.per_wake, Between::exactly);
        if prices.rho_per_hour().high < 0.0 {
            bail!(
                "a suspended machine costs more than a running one; check --running-per-month and --suspended-per-month"
            );
        }
        Ok(prices)
    }
}
