//! The arm gate: may this gateway sleep at all?
//!
//! A machine may only be frozen if everything that can arrive for it also wakes it. The relay's connector buffers messages and
//! wakes the machine. A messaging network that is connected directly (a phone bridge, or a socket of its own) does neither, so
//! it keeps the machine awake. We call a messaging network a *channel*; the *platform* is the host that suspends the machine.

use crate::settings::Switches;

/// The name of the one channel that buffers and wakes.
pub const RELAY: &str = "relay";

/// Is every connected channel the relay, or is none connected?
///
/// Names are compared without surrounding white space and without regard to ASCII case. A blank name counts as another
/// channel: staying awake is the safe side. Pass the channels that are *connected*, not those that are known but disabled, or
/// the gate never opens.
pub fn messaging_is_relay_only_or_absent<'a>(connected: impl IntoIterator<Item = &'a str>) -> bool {
    connected.into_iter().all(|name| name.trim().eq_ignore_ascii_case(RELAY))
}

/// What a design takes for relay-only: no other channel is `connected`, and none of the `placeholders` (channels that are known
/// but disabled) is mistaken for a connected one, as happens without
/// [`ignore_placeholders`](Switches::ignore_placeholders).
#[must_use]
pub const fn takes_for_relay_only(switches: Switches, connected: bool, placeholders: u32) -> bool {
    !connected && (switches.ignore_placeholders || placeholders == 0)
}

/// Should the watcher run? Decided once, at the start.
///
/// Three conditions: the operator has opted in, no channel but the relay is connected, and there is a wake URL, without which no
/// poke would ever come. An empty or blank URL counts as none.
#[must_use]
pub fn should_arm(opted_in: bool, relay_only_or_absent: bool, wake_url: Option<&str>) -> bool {
    opted_in && relay_only_or_absent && wake_url.is_some_and(|url| !url.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relay_only_or_no_channel_is_relay_only() {
        for names in [&[][..], &["relay"], &[" Relay "], &["RELAY", "relay"]] {
            assert!(messaging_is_relay_only_or_absent(names.iter().copied()), "{names:?}");
        }
    }

    #[test]
    fn any_other_channel_is_not() {
        for names in
            [&["telegram"][..], &["relay", "signal"], &["signal", "relay"], &[""], &["relay2"], &["re lay"]]
        {
            assert!(!messaging_is_relay_only_or_absent(names.iter().copied()), "{names:?}");
        }
    }

    #[test]
    fn placeholders_shut_the_gate_only_where_they_are_counted() {
        for (switches, connected, placeholders, open) in [
            (Switches::ALL_OFF, false, 0, true),
            (Switches::ALL_OFF, false, 20, false),
            (Switches::ALL_ON, false, 20, true),
            (Switches::ALL_ON, true, 0, false),
        ] {
            assert_eq!(takes_for_relay_only(switches, connected, placeholders), open);
        }
    }

    #[test]
    fn arming_needs_the_flag_the_gate_and_a_wake_url() {
        let url = Some("https://wake.example/m1");
        assert!(should_arm(true, true, url));
        assert!(!should_arm(false, true, url));
        assert!(!should_arm(true, false, url));
        for none in [None, Some(""), Some("  ")] {
            assert!(!should_arm(true, true, none), "{none:?}");
        }
    }
}
