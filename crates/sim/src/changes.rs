//! What tells a setup from its design, by the names of its parameters.

use dormouse_core::{Design, Switches};

use crate::params::{Setup, TIMINGS};

impl Setup {
    /// The parameters that [`set_all`](Self::set_all) has to set on [`Setup::new`] of `design` to make it this setup: a table
    /// for a scenario or a platform file. The idle timeout and the seed are no parameters and are left out.
    ///
    /// ```
    /// use dormouse_core::Design;
    /// use dormouse_sim::Setup;
    /// let mut setup = Setup::new(Design::Current);
    /// setup.set("hold_redial", "false")?;
    /// setup.set("faults.lost_ack", "[60000]")?;
    /// let changes = setup.changes_from(Design::Current);
    /// assert_eq!(changes.to_string().trim(), "hold_redial = false\n\n[faults]\nlost_ack = [60000]");
    /// # Ok::<(), dormouse_sim::ParamError>(())
    /// ```
    #[must_use]
    pub fn changes_from(&self, design: Design) -> toml::Table {
        let base = Self::new(design);
        let mut changes = toml::Table::new();
        for &name in Switches::NAMES {
            let on = self.settings.switches.get(name);
            if on != base.settings.switches.get(name) {
                changes.extend(on.map(|on| (name.to_owned(), on.into())));
            }
        }
        for (name, field) in TIMINGS {
            let ms = |setup: &Self| *field(&mut setup.settings.clone());
            if ms(self) != ms(&base) {
                // A timing is at most 2^50.
                changes.insert((*name).to_owned(), toml::Value::Integer(ms(self) as i64));
            }
        }
        // A world has no faults by default, and only those that may strike are written.
        let before = base.world.to_table();
        changes.extend(
            self.world.to_table().into_iter().filter(|(name, value)| before.get(name) != Some(value)),
        );
        changes
    }
}
