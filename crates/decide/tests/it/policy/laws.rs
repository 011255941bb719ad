//! Laws of the ideal cost `f(g, T) = min(g, T) + beta · [g > T]`, and their consequences for every policy.

use dormouse_core::Wall;
use dormouse_core::policy::{Asked, Ended, Gap, Plan, Policy};
use dormouse_decide::policy::augmented::Augmented;
use dormouse_decide::policy::cost::cost_ms;
use dormouse_decide::policy::hindsight::best_fixed;
use dormouse_decide::policy::history::History;
use dormouse_decide::policy::randomised::{RATIO, Randomised, expected_cost, quantile};
use dormouse_decide::policy::rulers::Rulers;
use dormouse_decide::policy::{Recipe, TraceGaps};
use dormouse_sim::Horizon;
use dormouse_trace::{Instance, Meta, Trace};
use proptest::prelude::*;

use dormouse_proof::cases::{config, some_horizon, some_trace};

const ASKED: Asked = Asked::at(Wall::ZERO);

fn some_gaps() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(prop_oneof![1..200_u64, 1..20_000_u64, 1..2_000_000_u64], 1..60)
}

fn some_beta() -> impl Strategy<Value = u64> {
    prop_oneof![1..300_u64, 1..100_000_u64]
}

fn total(timeout_ms: Option<u64>, gaps: &[u64], wake_cost_ms: u64) -> u64 {
    let plan = timeout_ms.map_or(Plan::NEVER, Plan::keep_alive);
    gaps.iter().map(|&gap| cost_ms(plan, gap, wake_cost_ms)).sum()
}

fn best_ms(gaps: &[u64], wake_cost_ms: u64) -> u64 {
    best_fixed(gaps.iter().copied(), wake_cost_ms).0.idle_timeout_ms()
}

/// Plays gaps one after another, with a day of work after every hundredth gap, so that policies that refit daily do so.
fn played(policy: &mut dyn Policy, gaps: &[u64], wake_cost_ms: u64) -> Vec<(u64, u64)> {
    let mut at = 0;
    let mut costs = Vec::new();
    for (n, &gap) in gaps.iter().enumerate() {
        let (began, ended) = (Wall::from_ms(at), Wall::from_ms(at + gap));
        costs.push((gap, cost_ms(policy.plan(Asked::at(began)), gap, wake_cost_ms)));
        policy.gap(Gap { began, ended, by: Ended::Arrival });
        at += gap + if n % 10 == 9 { dormouse_text::DAY_MS } else { 1_000 };
    }
    costs
}

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn the_randomised_rule_costs_e_over_e_less_1_times_opt_on_any_trace(
        trace in some_trace(), horizon in some_horizon(), beta in some_beta()
    ) {
        let rulers = Rulers::of(&TraceGaps::of(&trace, horizon, beta, 1));
        let exact = RATIO * rulers.opt_ms as f64;
        prop_assert!((rulers.randomised_ms - exact).abs() <= 1e-9 * exact, "{} is not {exact}", rulers.randomised_ms);
    }

    #[test]
    fn opt_is_at_most_every_policy_and_is_what_the_oracle_pays(
        trace in some_trace(), horizon in some_horizon(), beta in some_beta()
    ) {
        let known = TraceGaps::of(&trace, horizon, beta, 1);
        let rulers = Rulers::of(&known);
        prop_assert_eq!(known.cost_ms(&Recipe::Oracle), rulers.opt_ms);
        for recipe in Recipe::all() {
            prop_assert!(known.cost_ms(&recipe) >= rulers.opt_ms, "{}", recipe);
        }
        prop_assert_eq!(known.cost_ms(&Recipe::AlwaysOn), rulers.always_on_ms);
        // The silence at the end has a cost for policies that stay awake in it, so it is left out here.
        let gaps: Vec<u64> = known.gaps().iter().flat_map(|(gaps, _)| gaps).map(|gap| gap.ms()).collect();
        for timeout in [0, beta / 2, beta, 7 * beta] {
            prop_assert!(total(known.best().0.keep_alive_ms, &gaps, beta) <= total(Some(timeout), &gaps, beta));
        }
    }

    #[test]
    fn break_even_costs_at_most_twice_opt_gap_by_gap(gap in 0..1_000_000_u64, beta in some_beta()) {
        prop_assert!(cost_ms(Plan::keep_alive(beta), gap, beta) <= 2 * gap.min(beta));
    }

    #[test]
    fn the_clamp_bounds_the_ratio_whatever_the_data(gaps in some_gaps(), beta in 1_000..100_000_u64, lambda in 0.05..1.0_f64) {
        // Rounding by one ms, relative to lambda · beta.
        let bound = (1.0 + 1.0 / lambda) * (1.0 + 2.0 / (lambda * beta as f64));
        for policy in [&mut History::new(beta, lambda) as &mut dyn Policy, &mut Augmented::new(beta, lambda)] {
            for (gap, cost) in played(policy, &gaps, beta) {
                let worst = bound * gap.min(beta) as f64;
                prop_assert!(cost as f64 <= worst, "gap {gap}: {cost} > {worst}");
            }
        }
    }

    #[test]
    fn a_perfect_prediction_costs_at_most_one_plus_lambda_times_opt(gap in 1..1_000_000_u64, beta in 1_000..100_000_u64, lambda in 0.05..1.0_f64) {
        let timeout = Augmented::new(beta, lambda).timeout_ms(gap as f64);
        let cost = cost_ms(Plan::keep_alive(timeout), gap, beta);
        prop_assert!(cost as f64 <= (1.0 + lambda) * gap.min(beta) as f64 + 1.0);
    }

    #[test]
    fn asking_twice_is_asking_once(gaps in some_gaps(), beta in some_beta()) {
        let trace = Trace { instances: vec![Instance::new("a", dormouse_trace::Events::new())], meta: Meta::default() };
        let known = TraceGaps::of(&trace, Horizon::Common, beta, 3);
        for recipe in Recipe::all() {
            let (mut asked, mut quiet) = (recipe.make(&known, 0), recipe.make(&known, 0));
            let mut at = 0;
            for &gap in &gaps {
                let now = Asked::at(Wall::from_ms(at)).with_next_timer(Some(Wall::from_ms(at + 90_000)));
                prop_assert_eq!(asked.plan(now), asked.plan(now), "{}", recipe);
                let gap = Gap { began: Wall::from_ms(at), ended: Wall::from_ms(at + gap), by: Ended::Arrival };
                at += gap.ms() + 5_000_000;
                asked.gap(gap);
                quiet.gap(gap);
            }
            prop_assert_eq!(asked.plan(ASKED), quiet.plan(ASKED), "{}", recipe);
        }
    }

    #[test]
    fn a_gap_that_is_not_longer_than_the_best_timeout_and_beta_keeps_it_optimal(mut gaps in some_gaps(), beta in some_beta(), share in 0.0..=1.0_f64) {
        let best = best_ms(&gaps, beta);
        gaps.push((share * best.min(beta) as f64) as u64);
        prop_assert_eq!(total(Some(best), &gaps, beta), total(Some(best_ms(&gaps, beta)), &gaps, beta));
    }

    #[test]
    fn cost_is_monotone_between_gaps(gaps in some_gaps(), beta in some_beta(), from in 0..2_000_000_u64, by in 0..1_000_u64) {
        prop_assume!(gaps.iter().all(|&gap| gap <= from || gap > from + by));
        prop_assert!(total(Some(from), &gaps, beta) <= total(Some(from + by), &gaps, beta));
    }
}

/// The expected cost is computed from the density; here it is summed from the quantiles that are drawn.
#[test]
fn the_expected_cost_is_the_mean_over_the_quantiles_that_are_drawn() {
    let n = 200_000;
    for gap in [0.0, 0.1, 0.5, 0.9, 1.0, 3.0] {
        let cost = |i: u32| {
            let timeout = quantile((f64::from(i) + 0.5) / f64::from(n));
            if gap > timeout { timeout + 1.0 } else { gap }
        };
        let mean = (0..n).map(cost).sum::<f64>() / f64::from(n);
        assert!((mean - expected_cost(gap)).abs() < 1e-4, "{gap}: {mean}");
        assert!((expected_cost(gap) - RATIO * gap.min(1.0)).abs() < 1e-12);
    }
}

#[test]
fn the_keyed_draws_have_that_mean_too() {
    let (beta, n) = (60_000, 20_000);
    for gap in [20_000, 59_000, 600_000_u64] {
        let mut policy = Randomised::new(beta, 11, 5);
        let costs = played(&mut policy, &vec![gap; n], beta);
        let mean = costs.iter().map(|&(_, cost)| cost as f64).sum::<f64>() / n as f64;
        // A cost lies within 2 beta, so four standard errors are at most 4 · beta / sqrt(n).
        let exact = RATIO * gap.min(beta) as f64;
        assert!(
            (mean - exact).abs() < 4.0 * beta as f64 / (n as f64).sqrt(),
            "{gap}: {mean} against {exact}"
        );
    }
}

/// Gaps at `n` evenly spaced quantiles of a distribution, from the inverse of its survival function.
fn sample(n: u32, at_survival: impl Fn(f64) -> f64) -> Vec<u64> {
    (0..n).map(|i| at_survival((f64::from(i) + 0.5) / f64::from(n)).round() as u64).collect()
}

/// Is the best timeout of the sample close to the closed form's, with nearly the same cost? The curve is flat
/// near its minimum, so the timeout may differ by 5 %, the cost by a ten-thousandth.
fn agrees(gaps: &[u64], beta: u64, closed: f64) {
    let best = best_ms(gaps, beta);
    assert!((best as f64 - closed).abs() <= 0.05 * closed + 1.0, "{best} against {closed}");
    let (found, law) = (total(Some(best), gaps, beta), total(Some(closed.round() as u64), gaps, beta));
    assert!(law as f64 <= found as f64 * 1.0001, "{law} against {found}");
}

#[test]
fn lomax_gaps_have_the_closed_form_optimum() {
    for (a, s, beta) in [(1.5, 20_000.0, 60_000), (2.5, 100_000.0, 60_000), (3.0, 300_000.0, 60_000)] {
        let gaps = sample(200_000, |u| s * (libm::pow(u, -1.0 / a) - 1.0));
        agrees(&gaps, beta, f64::max(0.0, a * beta as f64 - s));
    }
}

#[test]
fn weibull_gaps_have_the_closed_form_optimum_which_may_exceed_beta() {
    for (k, l, beta) in [(0.5, 30_000.0, 60_000), (0.7, 60_000.0, 60_000), (0.5, 240_000.0, 60_000)] {
        let gaps = sample(200_000, |u| l * libm::pow(-libm::log(u), 1.0 / k));
        agrees(&gaps, beta, l * libm::pow(k * beta as f64 / l, 1.0 / (1.0 - k)));
    }
}

#[test]
fn pareto_gaps_have_the_closed_form_optimum() {
    for (a, xm, beta) in [(1.5, 10_000.0, 60_000), (1.2, 1_000.0, 20_000), (2.0, 30_000.0, 60_000)] {
        let gaps = sample(200_000, |u| xm * libm::pow(u, -1.0 / a));
        agrees(&gaps, beta, a * beta as f64);
    }
    // If no gap is shorter than beta, that is the minimum only over timeouts above 0: to sleep at once is cheaper.
    let gaps = sample(200_000, |u| 100_000.0 * libm::pow(u, -1.0 / 2.0));
    assert_eq!(best_ms(&gaps, 60_000), 0);
}

/// In closed form: `C(T) = m (1 − e^{−T/m}) + beta e^{−T/m}`. It is monotone, and decreases if the mean is below beta.
#[test]
fn exponential_gaps_are_slept_in_at_once_or_never() {
    for (mean, beta) in [(100_000.0, 60_000_u64), (61_000.0, 60_000), (59_000.0, 60_000), (10_000.0, 60_000)]
    {
        let gaps = sample(100_000, |u| -mean * libm::log(u));
        let best = best_ms(&gaps, beta);
        let longest = *gaps.iter().max().unwrap();
        if mean > beta as f64 {
            // One or two gaps of the sample round to zero and cost nothing to wait out.
            assert!(best < 100, "{best}");
        } else {
            assert!(best as f64 > 0.5 * longest as f64, "{best}");
        }
    }
}

/// A sandbox fleet's timeout was raised from 15 to 120 min: 78 % of the billed hours were idle tail. A service
/// whose longest gap is 11 min never sleeps at 15 min.
#[test]
fn two_field_audits_come_out() {
    let minute = 60_000;
    // A session of `w` minutes without a return is billed for w + 120 min: the tail is 78 % for w = 120 · 22 /
    // 78 = 33.8 min.
    let session_min = 120.0 * 0.22 / 0.78;
    let gaps = vec![24 * 60 * minute; 100];
    let tail = |timeout_min: u64| (total(Some(timeout_min * minute), &gaps, 0) / 100) as f64 / minute as f64;
    let share = |timeout_min| tail(timeout_min) / (tail(timeout_min) + session_min);
    assert!((share(120) - 0.78).abs() < 0.005, "{}", share(120));
    assert!((share(15) - 0.307).abs() < 0.005, "{}", share(15));
    let never: Vec<u64> = (0..500).map(|n| (n % 12) * minute).collect();
    assert_eq!(total(Some(15 * minute), &never, 1_000_000), never.iter().sum::<u64>());
}
