//! The letter that asks late units for their reports, as a draft to be signed.

use anyhow::Result;
use jiff::Timestamp;
use minijinja::context;

use super::{Told, there_are};
use crate::commands::inquiry::About;
use crate::config::Config;
use crate::domain::obligation::{Obligation, State};
use crate::domain::{date_of, vietnamese_moment};
use crate::overview::year_before;
use crate::standing::View;
use crate::store::{Receipts, Store};
use crate::writing::say;
use crate::{health, urge};

pub(super) fn told(config: &Config, store: &Store, about: &About, now: Timestamp) -> Result<Told> {
    // Nobody signs that units have not sent what may lie in the mailbox.
    if let Some(unseen) = health::unseen(store, &config.settings, now)? {
        return Ok(only(unseen.in_vietnamese()));
    }
    let known = store.periods()?;
    let periods = about.periods(config, &known, date_of(now));
    if periods.is_empty() {
        return Ok(there_are(config, known.iter().collect()));
    }
    let view = View::at(now, config, store)?;
    let mut late = store.obligations_unsettled(Receipts::All)?;
    let year_ago = year_before(now);
    late.retain(|o| o.due >= year_ago && view.state(o) != State::Closed);
    let of_unit = |o: &&Obligation| about.units.is_empty() || about.units.contains(&o.unit);
    let of_period = |o: &&Obligation| {
        let mut periods = periods.iter();
        periods.any(|k| k.report == o.report && k.period == o.period)
    };
    let asked = late.iter().filter(of_unit).filter(of_period);
    let moment = vietnamese_moment(now);
    Ok(match urge::letter_on(&view, store, asked)? {
        None => only(say(config, "nobody_to_urge", context! { moment })),
        Some(letter) => Told {
            enclosures: vec![letter],
            ..only(say(config, "urging_goes_along", context! { moment }))
        },
    })
}

fn only(says: String) -> Told {
    Told {
        before: vec![says],
        ..Told::default()
    }
}
