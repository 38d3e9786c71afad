//! What a reply cost, as far as the endpoint counted and the configuration knows prices.

use super::{Price, Usage};

/// An amount of money.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// How much.
    pub amount: f64,
    /// Of what.
    pub currency: String,
}

/// Returns what a reply cost: tokens times price per million. Tokens from the endpoint's cache have a price of their own,
/// where one is known.
pub fn cost(usage: Usage, price: &Price) -> Cost {
    let cached = usage.cached.min(usage.prompt);
    let fresh = usage.prompt - cached;
    let cached_price = price.cached_per_million.unwrap_or(price.input_per_million);
    let sum = fresh as f64 * price.input_per_million
        + cached as f64 * cached_price
        + usage.reply as f64 * price.output_per_million;
    Cost { amount: sum / 1e6, currency: price.currency.clone() }
}

impl std::fmt::Display for Cost {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:.4} {}", self.amount, crate::base::escape::one_line(&self.currency))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_multiplied_by_their_price() {
        let price = Price {
            input_per_million: 2.0,
            cached_per_million: Some(0.5),
            output_per_million: 10.0,
            currency: "EUR".into(),
        };
        let usage = Usage { prompt: 1_000_000, reply: 100_000, cached: 400_000 };
        assert_eq!(cost(usage, &price).to_string(), "2.4000 EUR");
        let usage = Usage { prompt: 10, reply: 0, cached: 99 };
        assert!(
            (cost(usage, &Price { cached_per_million: None, ..price }).amount - 20e-6).abs()
                < 1e-12
        );
    }
}
