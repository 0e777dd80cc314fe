//! The command line of thubaocao.

use std::process::ExitCode;

fn main() -> ExitCode {
    thubaocao::cli::main()
}
