//! The choice of a timeout, given the cost of each.

/// Costs within this factor of the least are equally good: one week differs from the next by more than that.
pub const NEAR: f64 = 1.02;

/// Timeouts to choose from, as indices into an ascending list.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    /// The timeout in use at present.
    pub present: usize,
    /// May it be chosen? Not if its replay lost work or it is beyond one of the user's bounds.
    pub allowed: Vec<bool>,
    /// Wakes in the whole replay.
    pub wakes: Vec<u64>,
}

impl Candidates {
    /// The cheapest allowed index; on a tie the first. `None` if none is allowed.
    #[must_use]
    pub fn cheapest(&self, costs: &[f64]) -> Option<usize> {
        self.cheapest_of(costs, |_| true)
    }

    fn cheapest_of(&self, costs: &[f64], counts: impl Fn(usize) -> bool) -> Option<usize> {
        (0..costs.len())
            .filter(|&place| self.allowed[place] && counts(place))
            .min_by(|&a, &b| costs[a].total_cmp(&costs[b]))
    }

    /// For each index: is it allowed, and is `C(T) <= 1.02 min C`?
    #[must_use]
    pub fn near(&self, costs: &[f64]) -> Vec<bool> {
        let Some(cheapest) = self.cheapest(costs) else { return vec![false; costs.len()] };
        let bound = bound(costs[cheapest]);
        costs.iter().zip(&self.allowed).map(|(&cost, &allowed)| allowed && cost <= bound).collect()
    }

    /// The choice among the near-optimal indices: the present one if it is among them, else the one with the
    /// fewest wakes, on a tie the cheapest.
    #[must_use]
    pub fn choose(&self, costs: &[f64]) -> Option<usize> {
        let near = self.near(costs);
        if near[self.present] {
            return Some(self.present);
        }
        self.fewest_wakes(costs, &near)
    }

    /// The best alternative to the present index, chosen by the same rule.
    #[must_use]
    pub fn challenger(&self, costs: &[f64]) -> Option<usize> {
        let cheapest = self.cheapest_of(costs, |place| place != self.present)?;
        let bound = bound(costs[cheapest]);
        let near: Vec<bool> = (0..costs.len())
            .map(|place| place != self.present && self.allowed[place] && costs[place] <= bound)
            .collect();
        self.fewest_wakes(costs, &near)
    }

    fn fewest_wakes(&self, costs: &[f64], near: &[bool]) -> Option<usize> {
        (0..costs.len())
            .filter(|&place| near[place])
            .min_by(|&a, &b| self.wakes[a].cmp(&self.wakes[b]).then(costs[a].total_cmp(&costs[b])))
    }
}

/// The largest cost that is near `least`. Only rounding can make a cost negative.
fn bound(least: f64) -> f64 {
    least + (NEAR - 1.0) * least.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(present: usize, allowed: &[bool]) -> Candidates {
        Candidates { present, allowed: allowed.to_vec(), wakes: (0..allowed.len() as u64).rev().collect() }
    }

    const COSTS: [f64; 5] = [101.0, 100.0, 101.9, 102.1, 150.0];

    #[test]
    fn the_present_timeout_stays_where_it_is_as_good_as_any() {
        let all = field(0, &[true; 5]);
        assert_eq!(all.near(&COSTS), [true, true, true, false, false]);
        assert_eq!((all.cheapest(&COSTS), all.choose(&COSTS)), (Some(1), Some(0)));
    }

    #[test]
    fn otherwise_the_fewest_wakes_decide() {
        assert_eq!(field(4, &[true; 5]).choose(&COSTS), Some(2));
        assert_eq!(field(3, &[true; 5]).choose(&COSTS), Some(2));
    }

    #[test]
    fn what_is_not_allowed_is_never_chosen_nor_near_whatever_it_saves() {
        let safe = field(1, &[true, false, false, true, true]);
        assert_eq!(safe.near(&COSTS), [true, false, false, true, false]);
        assert_eq!(safe.choose(&COSTS), Some(3));
        let none = field(1, &[false; 5]);
        assert_eq!(
            (none.choose(&COSTS), none.challenger(&COSTS), none.near(&COSTS)),
            (None, None, vec![false; 5])
        );
    }

    #[test]
    fn the_challenger_is_never_the_present_one() {
        assert_eq!(field(1, &[true; 5]).challenger(&COSTS), Some(3));
        assert_eq!(field(4, &[true; 5]).challenger(&COSTS), Some(2));
        assert_eq!(field(0, &[true]).challenger(&[1.0]), None);
    }
}
