//! Random worlds.

use dormouse_sim::{
    Distributed, Latency, LeverKind, Messages, PlatformIdle, Setup, WhileSuspending, WithoutSession,
};

use crate::search::Profile;
use crate::search::draw::Draw;

type Change = fn(&mut Setup, &mut Draw);

fn fixed(draw: &mut Draw, values: &[u64]) -> Latency {
    Latency::Fixed(*draw.one_of(values))
}

fn exponential(mean_ms: f64) -> Latency {
    Latency::Drawn(Distributed::Exponential { mean_ms })
}

/// Changes within every profile.
const ASSUMED: &[Change] = &[
    |s, draw| s.world.lever = *draw.one_of(&[LeverKind::Brokered, LeverKind::Brokered, LeverKind::None]),
    |s, _| s.world.opted_in = false,
    |s, draw| s.world.permanent_tasks = *draw.one_of(&[0, 3]),
    |s, _| s.world.placeholders = 20,
    |s, draw| s.settings.tick_ms = *draw.one_of(&[20_000, 29_000]),
    |s, draw| s.world.freeze_lag_ms = fixed(draw, &[0, 500, 1500, 4000, 10_000]),
    |s, _| s.world.freeze_lag_ms = exponential(1000.0),
    |s, draw| s.world.resume_ms = fixed(draw, &[100, 1000, 20_000]),
    |s, draw| s.world.poke_ms = fixed(draw, &[0, 1000]),
    |s, draw| s.world.lever_call_ms = fixed(draw, &[0, 3000, 9000]),
    |s, draw| s.world.going_idle_rtt_ms = *draw.one_of(&[0, 1000, 5000]),
    |s, draw| s.world.close_ms = *draw.one_of(&[0, 3000]),
    |s, draw| s.world.dial_ms = fixed(draw, &[0, 2000, 5000]),
    |s, draw| s.world.dormant_redial_ms = *draw.one_of(&[0, 5000]),
    |s, draw| s.world.token_ttl_ms = *draw.one_of(&[60_000, 300_000]),
    |s, draw| s.world.client_reconnect_ms = *draw.one_of(&[100, 20_000]),
    |s, _| s.world.button_share = 0.5,
];

/// Changes beyond the assumptions.
const ANYTHING: &[Change] = &[
    |s, _| s.world.lever = LeverKind::None,
    |s, _| s.world.platform_timer = true,
    |s, draw| s.world.platform_check_ms = *draw.one_of(&[60_000, 900_000]),
    |s, draw| (s.world.platform_timer, s.world.platform_idle) = (true, *draw.one_of(&PlatformIdle::ALL)),
    |s, draw| s.world.platform_timeout_ms = *draw.one_of(&[60_000, 600_000]),
    |s, _| s.world.platform_retention_ms = 30_000,
    |s, _| s.world.messages = Messages::Http,
    |s, _| s.world.mono_stands_still = false,
    |s, _| s.world.http_while_suspending = WhileSuspending::Fails,
    |s, _| s.world.cron_wakes = false,
    |s, _| s.world.wake_url = false,
    |s, draw| s.world.repoke_ms = *draw.one_of(&[10_000, 20_000]),
    |s, _| s.world.poke_cooldown_ms = 0,
    |s, draw| s.world.buffer_limit = *draw.one_of(&[1, 2]),
    |s, draw| s.world.buffer_ttl_ms = *draw.one_of(&[800, 60_000]),
    |s, _| s.world.dedupe = false,
    |s, _| s.world.dedupe_survives = true,
    |s, draw| s.world.ready_ms = *draw.one_of(&[700, 20_000]),
    |s, draw| s.world.cron_budget_ms = *draw.one_of(&[300, 6000]),
    |s, draw| s.world.cron_strikes = *draw.one_of(&[1, 4]),
    |s, _| s.world.cron_catch_up = true,
    |s, _| s.world.without_session = WithoutSession::Buffers,
    |s, draw| s.world.token_ttl_ms = *draw.one_of(&[300, 300_000]),
    |s, _| s.world.fresh_token_redial = false,
    |s, _| (s.world.button_share, s.world.buttons_acked) = (0.5, false),
    |s, draw| s.world.cold_start_ms = fixed(draw, &[8000, 40_000]),
    |s, draw| s.world.heartbeat_ms = *draw.one_of(&[1000, 120_000]),
    |s, draw| s.settings.tick_ms = *draw.one_of(&[1000, 7000, 60_000]),
    |s, draw| s.settings.cooldown_ms = *draw.one_of(&[0, 300_000]),
    |s, draw| s.settings.hold_max_ms = *draw.one_of(&[20_000, 300_000]),
    |s, _| s.world.freeze_lag_ms = exponential(10_000.0),
    |s, draw| s.world.resume_ms = fixed(draw, &[0, 60_000]),
];

/// Changes some parameters: each one of the profile's with the same probability, which is drawn once per trial.
pub(crate) fn change(draw: &mut Draw, profile: Profile, setup: &mut Setup) {
    let changes = match profile {
        Profile::Assumed => [ASSUMED, &[]],
        Profile::Anything => [ASSUMED, ANYTHING],
    };
    let rare = *draw.one_of(&[4, 8, 16, 64]);
    for change in changes.into_iter().flatten() {
        if draw.one_in(rare) {
            change(setup, draw);
        }
    }
}
