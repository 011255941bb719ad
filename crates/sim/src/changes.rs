//! The parameters in which a setup differs from its design.

use dormouse_core::{Design, Switches};

use crate::parameter::Parameter;
use crate::setup::Setup;

impl Setup {
    /// The parameters that [`set_all`](Self::set_all) must set on [`Setup::new`] of `design` to get this setup, as a table for
    /// a scenario or a platform file. The idle timeout and the seed are not parameters and are left out.
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
        let (mut changes, mut faults) = (toml::Table::new(), toml::Table::new());
        for &name in Switches::NAMES {
            let on = self.settings.switches.get(name);
            if on != base.settings.switches.get(name) {
                changes.extend(on.map(|on| (name.to_owned(), on.into())));
            }
        }
        for parameter in Parameter::all() {
            let value = parameter.value(self);
            if value == parameter.value(&base) {
                continue;
            }
            // By default no fault strikes. Only faults that may strike are written.
            let (table, name) = match parameter.name.split_once("faults.") {
                Some((_, fault)) => (&mut faults, fault),
                None => (&mut changes, parameter.name),
            };
            table.extend(value.map(|value| (name.to_owned(), value)));
        }
        if !faults.is_empty() {
            changes.insert("faults".to_owned(), faults.into());
        }
        changes
    }
}
