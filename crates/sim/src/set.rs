//! Sets parameters by name.

use dormouse_core::Switches;

use crate::faults::Fault;
use crate::parameter::Parameter;
use crate::setup::Setup;

/// A parameter cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamError {
    /// There is no such parameter.
    #[error("unknown parameter {name:?}; {advice}")]
    Unknown {
        /// The name that was given.
        name: String,
        /// The nearest name, if one is near; otherwise where all parameters are listed.
        advice: String,
    },
    /// The value does not fit.
    #[error("parameter {name} = {value}: {problem}")]
    Value {
        /// The name of the parameter.
        name: String,
        /// The value that was given.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// Where all parameters are listed.
const LISTED: &str = "docs/model.md lists the parameters";

impl ParamError {
    /// The parameter's name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Unknown { name, .. } | Self::Value { name, .. } => name,
        }
    }

    /// What is wrong and how to fix it, for messages that name a file and a line.
    #[must_use]
    pub fn problem_and_fix(&self) -> (String, String) {
        match self {
            Self::Unknown { name, advice } => (format!("unknown parameter `{name}`"), advice.clone()),
            Self::Value { .. } => (self.to_string(), LISTED.to_owned()),
        }
    }
}

impl Setup {
    /// Sets the parameter `name` to `value`, which is written as in TOML. A bare word is a string.
    ///
    /// Names are those of [`Parameter::all`] and of [`Switches`].
    ///
    /// # Errors
    /// When there is no such parameter, or the value does not fit. The setup is then unchanged.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ParamError> {
        let value = value.trim();
        let parsed = value.parse().unwrap_or_else(|_| toml::Value::String(value.to_owned()));
        self.set_value(name, &parsed)
    }

    /// Sets every parameter of a TOML table, each like [`set`](Self::set).
    ///
    /// # Errors
    /// At the first parameter that does not exist or does not fit. The parameters before it are set.
    pub fn set_all(&mut self, table: &toml::Table) -> Result<(), ParamError> {
        for (name, value) in table {
            match value.as_table().filter(|_| name == "faults") {
                Some(faults) => {
                    for (fault, value) in faults {
                        self.set_value(&format!("faults.{fault}"), value)?;
                    }
                }
                None => self.set_value(name, value)?,
            }
        }
        Ok(())
    }

    fn set_value(&mut self, name: &str, value: &toml::Value) -> Result<(), ParamError> {
        let problem =
            |problem| ParamError::Value { name: name.to_owned(), value: value.to_string(), problem };
        if let Some(parameter) = Parameter::all().find(|parameter| parameter.name == name) {
            return (parameter.set)(parameter, self, value).map_err(problem);
        }
        if self.settings.switches.get(name).is_none() {
            return Err(unknown(name));
        }
        let on = value.as_bool().ok_or_else(|| problem("must be true or false".to_owned()))?;
        self.settings.switches.set(name, on);
        Ok(())
    }

    /// Checks that no parameter that was set contradicts the rest of the setup: such a value would have no effect in a replay.
    /// To be called once all parameters are set. `named` lists those that were set, since a default is no contradiction.
    ///
    /// # Errors
    /// When `platform_timer` was set to `false` without `own_suspend`: the platform's own timer is then all that suspends.
    pub fn check<'a>(&self, named: impl IntoIterator<Item = &'a str>) -> Result<(), ParamError> {
        let runs_anyway = !self.world.platform_timer && !self.settings.switches.own_suspend;
        match named.into_iter().find(|&name| runs_anyway && name == "platform_timer") {
            None => Ok(()),
            Some(name) => Err(ParamError::Value {
                name: name.to_owned(),
                value: "false".to_owned(),
                problem: "own_suspend is off, as in phase0, so nothing but the platform's timer suspends; \
                          set own_suspend = true or leave platform_timer out"
                    .to_owned(),
            }),
        }
    }
}

/// Longer than every parameter name, so that a longer text is not near any of them.
const LONGEST_NAME: usize = 64;

fn unknown(name: &str) -> ParamError {
    // The name may be that of a fault without its prefix.
    let faults = Fault::ALL.iter().map(|fault| fault.name());
    let names = Parameter::all().map(|parameter| parameter.name).chain(Switches::NAMES.iter().copied());
    let known: Vec<&str> = names.chain(faults).collect();
    let near = (name.len() <= LONGEST_NAME).then(|| dormouse_text::nearest::nearest(name, &known)).flatten();
    let advice = near.map_or_else(
        || LISTED.to_owned(),
        |near| {
            let prefix = if Fault::ALL.iter().any(|fault| fault.name() == near) { "faults." } else { "" };
            format!("did you mean `{prefix}{near}`?")
        },
    );
    ParamError::Unknown { name: name.to_owned(), advice }
}

#[cfg(test)]
mod tests {
    use dormouse_core::Design;

    use super::*;
    use crate::choice::LeverKind;
    use crate::draw::Latency;
    use crate::faults::When;
    use crate::world::World;

    fn fly() -> Setup {
        Setup::new(Design::Current)
    }

    #[test]
    fn every_kind_of_parameter_is_set_by_name() {
        let mut s = fly();
        s.set("tick_ms", "10000").unwrap();
        s.set("hold_redial", "false").unwrap();
        s.set("lever", "brokered").unwrap();
        s.set("platform", " own ").unwrap();
        s.set("placeholders", "20").unwrap();
        s.set("button_share", "1").unwrap();
        s.set("resume_ms", "{ lognormal = { median_ms = 400, sigma = 0.3 } }").unwrap();
        s.set("freeze_lag_ms", "[1, 2]").unwrap();
        s.set("poke_ms", "70").unwrap();
        s.set("faults.lost_ack", "0.25").unwrap();
        s.set("faults.poke_lost", "[60000]").unwrap();
        assert_eq!((s.settings.tick_ms, s.settings.switches.hold_redial), (10_000, false));
        assert_eq!(
            (s.world.lever, s.world.freeze_lag_ms.clone()),
            (LeverKind::Brokered, Latency::Empirical(vec![1, 2]))
        );
        assert_eq!((s.world.platform.as_str(), s.world.placeholders, s.world.button_share), ("own", 20, 1.0));
        assert_eq!(s.world.faults.lost_ack, When::Probability(0.25));
        assert_eq!(s.world.faults.poke_lost, When::At(vec![60_000]));
    }

    #[test]
    fn every_parameter_of_the_world_round_trips() {
        let mut s = fly();
        let world = World { platform: "other".into(), buffer_limit: 3, ..World::default() };
        s.set_all(&world.to_string().parse().unwrap()).unwrap();
        assert_eq!(s.world, world);
    }

    #[test]
    fn every_parameter_sets_what_it_reads() {
        // Each parameter changes only its own value, so no two share a field.
        for parameter in Parameter::all() {
            let other = match parameter.kind {
                crate::ParameterKind::Ms | crate::ParameterKind::Latency | crate::ParameterKind::Count => "7",
                crate::ParameterKind::Share => "0.25",
                crate::ParameterKind::When => "0.25",
                crate::ParameterKind::Text => "other",
                crate::ParameterKind::OneOf(names) => names[1],
                crate::ParameterKind::Bool if parameter.value(&fly()) == Some(true.into()) => "false",
                crate::ParameterKind::Bool => "true",
            };
            let mut setup = fly();
            setup.set(parameter.name, other).unwrap();
            let changed = Parameter::all().filter(|other| other.value(&setup) != other.value(&fly()));
            let names: Vec<&str> = changed.map(|parameter| parameter.name).collect();
            assert_eq!(names, [parameter.name]);
        }
    }

    #[test]
    fn a_whole_number_keeps_to_its_least_value() {
        let whole = Parameter::all()
            .filter(|p| matches!(p.kind, crate::ParameterKind::Ms | crate::ParameterKind::Count));
        for parameter in whole {
            let mut setup = fly();
            assert_eq!(setup.set(parameter.name, "0").is_ok(), parameter.least == 0, "{}", parameter.name);
            let least = parameter.least.to_string();
            setup.set(parameter.name, &least).unwrap();
            assert_eq!(parameter.value(&setup).unwrap().to_string(), least);
        }
    }

    #[test]
    fn an_invalid_value_is_refused_with_a_reason_and_changes_nothing() {
        let longest = "must be a whole number of milliseconds, 0 to 1125899906842624";
        for (name, value, reason) in [
            ("tikc_ms", "1", "unknown parameter \"tikc_ms\"; did you mean `tick_ms`?"),
            (
                "faults.lost_akc",
                "1",
                "unknown parameter \"faults.lost_akc\"; did you mean `faults.lost_ack`?",
            ),
            ("lost_ack", "1", "unknown parameter \"lost_ack\"; did you mean `faults.lost_ack`?"),
            ("zzzz", "1", "unknown parameter \"zzzz\"; docs/model.md lists the parameters"),
            ("", "1", "unknown parameter \"\"; docs/model.md lists the parameters"),
            ("tick_ms", "0", "parameter tick_ms = 0: must be above zero"),
            ("settle_ms", "-1", &format!("parameter settle_ms = -1: {longest}")),
            ("late_ms", "1125899906842625", &format!("parameter late_ms = 1125899906842625: {longest}")),
            ("late_ms", "5s", &format!("parameter late_ms = \"5s\": {longest}")),
            (
                "placeholders",
                "4294967296",
                "parameter placeholders = 4294967296: must be a whole number, 0 to 4294967295",
            ),
            ("hold_redial", "maybe", "parameter hold_redial = \"maybe\": must be true or false"),
            ("opted_in", "1", "parameter opted_in = 1: must be true or false"),
            ("lever", "pull", "parameter lever = \"pull\": must be one of direct, brokered, none"),
            ("platform", "1", "parameter platform = 1: must be a text"),
            ("button_share", "1.5", "parameter button_share = 1.5: is a share, which lies between 0 and 1"),
            (
                "faults.lost_ack",
                "1.5",
                "parameter faults.lost_ack = 1.5: lost_ack is a probability, which lies between 0 and 1",
            ),
            (
                "faults.lost_ack",
                "[2, 1]",
                "parameter faults.lost_ack = [2, 1]: lost_ack lists times that do not ascend",
            ),
            (
                "faults.lost_ack",
                "true",
                "parameter faults.lost_ack = true: must be a probability or a list of times",
            ),
            ("resume_ms", "[]", "parameter resume_ms = []: is an empty list"),
            (
                "resume_ms",
                "soon",
                "parameter resume_ms = \"soon\": must be a number, a list, or { uniform = … }, { lognormal = … } or { exponential = … }",
            ),
            (
                "resume_ms",
                "{ uniform = [5, 1] }",
                "parameter resume_ms = { uniform = [5, 1] }: has its ends the wrong way round",
            ),
            ("heartbeat_ms", "0", "parameter heartbeat_ms = 0: must be above zero"),
        ] {
            let mut s = fly();
            assert_eq!(s.set(name, value).unwrap_err().to_string(), reason);
            assert_eq!(s, fly());
        }
    }

    #[test]
    fn a_timer_that_runs_anyway_cannot_be_switched_off() {
        let check = |design, set: &[(&str, &str)]| {
            let mut setup = Setup::new(design);
            set.iter().for_each(|(name, value)| setup.set(name, value).unwrap());
            setup.check(set.iter().map(|(name, _)| *name))
        };
        let refused = check(Design::Phase0, &[("platform_timer", "false")]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "parameter platform_timer = false: own_suspend is off, as in phase0, so nothing but the platform's timer suspends; set own_suspend = true or leave platform_timer out"
        );
        let (off, own) = (("platform_timer", "false"), ("own_suspend", "false"));
        assert!(check(Design::Current, &[off, own]).is_err() && check(Design::Current, &[own, off]).is_err());
        for (design, set) in [
            (Design::Phase0, &[][..]),
            (Design::Phase0, &[("platform_timer", "true")]),
            (Design::Phase0, &[off, ("own_suspend", "true")]),
            (Design::Phase0, &[off, ("platform_timer", "true")]),
            (Design::Current, &[off]),
            (Design::Current, &[own]),
        ] {
            assert_eq!(check(design, set), Ok(()), "{design} {set:?}");
        }
    }
}
