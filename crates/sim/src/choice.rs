//! Parameters whose value is one of several names.

/// Defines an enum whose variants are read and written by name.
macro_rules! choice {
    ($(#[$doc:meta])+ $type:ident { $($(#[$variant_doc:meta])+ $variant:ident = $name:literal,)+ }) => {
        $(#[$doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $type { $($(#[$variant_doc])+ #[serde(rename = $name)] $variant,)+ }

        impl $type {
            const NAMES: &[&str] = &[$($name),+];

            /// All values, in the order of the documentation.
            pub const ALL: [Self; Self::NAMES.len()] = [$(Self::$variant),+];

            /// Its name, as `--set` takes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                Self::NAMES[self as usize]
            }
        }

        impl $crate::value::ParameterValue for $type {
            const KIND: $crate::parameter::ParameterKind = $crate::parameter::ParameterKind::OneOf(Self::NAMES);

            fn read(value: &toml::Value, _: &$crate::parameter::Parameter) -> Result<Self, String> {
                let named = Self::ALL.into_iter().find(|choice| value.as_str() == Some(choice.name()));
                named.ok_or_else(|| format!("must be one of {}", Self::NAMES.join(", ")))
            }
        }
    };
}
pub(crate) use choice;

choice! {
    /// What suspends the machine, as the platform offers it.
    LeverKind {
        /// A call on the machine itself.
        Direct = "direct",
        /// A call to a broker outside.
        Brokered = "brokered",
        /// The watcher has no lever.
        None = "none",
    }
}

choice! {
    /// What happens to an HTTP request to a machine whose suspend was accepted but which is not frozen yet.
    WhileSuspending {
        /// It is kept, resumes the machine right after the freeze, and is then handled.
        Resumes = "resumes",
        /// It fails: a poke is swallowed, a call is lost, a client tries again.
        Fails = "fails",
    }
}

choice! {
    /// What the connector does with a message for a gateway that has no session and is not flipped.
    WithoutSession {
        /// It is dropped, without a poke.
        Drops = "drops",
        /// It is buffered, and the connector pokes, as after a flip.
        Buffers = "buffers",
    }
}

choice! {
    /// How messages come to the machine.
    Messages {
        /// Over the gateway's own connection to a connector, which buffers and pokes while the machine sleeps.
        Relay = "relay",
        /// Over HTTP, like everything else. The platform keeps them while the machine sleeps, and there is no relay.
        Http = "http",
    }
}
