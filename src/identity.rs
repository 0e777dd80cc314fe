//! What the configuration calls things, beside what the store knows: renames are carried out, and of what has vanished
//! nobody is reminded until the administrator has said what became of it.

use anyhow::Result;
use jiff::Timestamp;

use crate::config::Config;
use crate::config::source::suggestion;
use crate::correct::{self, By};
use crate::domain::identity::{self, Change, Configured, Thing, Unsettled};
use crate::domain::report::Report;
use crate::domain::unit::Register;
use crate::store::{Part, Store};

/// Compares a register and reports with what a store knows.
///
/// # Errors
/// When the store cannot be read.
pub fn compare(
    register: &Register,
    reports: &[Report],
    store: &Store,
) -> Result<Vec<(Thing, Change)>> {
    let mut units = Configured::new();
    for unit in &register.units {
        let before = units.entry(unit.id.0.clone()).or_default();
        before.extend(unit.renamed.iter().map(|old| old.0.clone()));
    }
    let reports = reports.iter().map(|r| (r.id.clone(), r.renamed.clone()));
    let mut changes = Vec::new();
    for (thing, configured) in [(Thing::Unit, units), (Thing::Report, reports.collect())] {
        let found = identity::compare(&configured, &store.known_ids(thing)?);
        changes.extend(found.into_iter().map(|change| (thing, change)));
    }
    Ok(changes)
}

/// What has vanished and what to do about it, for operators; one text each.
///
/// # Errors
/// When the store cannot be read.
pub fn questions(changes: &[(Thing, Change)], store: &Store) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for (thing, change) in changes {
        let Change::Vanished(id) = change else {
            continue;
        };
        let (obligations, submissions) = store.weight_of(*thing, id)?;
        let new = changes.iter().filter_map(|(of, change)| match change {
            Change::New(id) if of == thing => Some(id.as_str()),
            Change::New(_) | Change::Vanished(_) | Change::Renamed { .. } => None,
        });
        let perhaps = suggestion(id, new);
        let what_to_do = match thing {
            Thing::Unit => format!(
                "units.csv: if it was renamed, write {id} into the column `renamed` (“Mã cũ”) of its row{perhaps}; if it has ended, give it its row back with the last day in `valid_to`"
            ),
            Thing::Report => format!(
                "reports.toml: if it was renamed, add renamed = {id:?} to the report that it is now{perhaps}; if it is not asked for any more, give it its [[report]] back with ended = \"YYYY-MM-DD\", the day after which no period opens"
            ),
        };
        told.push(format!(
            "the {thing} {id} is in the store ({obligations} obligations, {submissions} submissions) and not in the configuration; {what_to_do}"
        ));
    }
    Ok(told)
}

/// Carries out the renames of a configuration and remembers what it leaves open.
///
/// # Errors
/// When the store fails.
pub fn settle(config: &Config, store: &Store, now: Timestamp) -> Result<()> {
    let by = By {
        who: "configuration".into(),
        way: "configuration",
    };
    let changes = compare(&config.register, &config.reports, store)?;
    for (thing, change) in &changes {
        if let Change::Renamed { from, to } = change {
            correct::rename(store, (*thing, from, to), &by, now)?;
            tracing::info!(%thing, from, to, "renamed");
        }
    }
    for question in questions(&changes, store)? {
        tracing::error!("{question}; until then nobody is reminded of it");
    }
    let unsettled = store.unsettled()?.after(&changes);
    store.set_unsettled(&unsettled)?;
    if unsettled.vanished.is_empty() {
        store.succeeded(Part::Register, now)
    } else {
        store.failed(Part::Register, now, &in_vietnamese(&unsettled))
    }
}

/// What is unsettled, for staff.
fn in_vietnamese(unsettled: &Unsettled) -> String {
    let ids: Vec<String> = unsettled
        .vanished
        .iter()
        .map(|(thing, id)| match thing {
            Thing::Unit => format!("đơn vị {id}"),
            Thing::Report => format!("báo cáo {id}"),
        })
        .collect();
    format!(
        "cấu hình không còn {}, trong khi sổ theo dõi còn số liệu. Thư nhắc về các mã này và các mã mới tạm dừng; đề nghị quản trị viên cho biết mã đã đổi (renamed) hay đã kết thúc (valid_to, ended)",
        ids.join(", ")
    )
}
