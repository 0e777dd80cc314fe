//! `run`: the daemon, or one pass.

use anyhow::Result;

use super::{Session, Usage};
use crate::{app, daemon};

pub(super) async fn run(session: &Session, once: bool) -> Result<()> {
    let config = session.config()?;
    let program = app::own_program()?;
    if once {
        return daemon::once(config, program, session.clock()).await;
    }
    if session.at.is_some() {
        return Err(Usage(
            "--at works with `run --once` only: the endless run goes by the clock".into(),
        )
        .into());
    }
    daemon::run(config, program).await
}
