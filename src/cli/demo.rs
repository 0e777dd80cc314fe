pub async fn run(_: Option<std::path::PathBuf>) -> anyhow::Result<()> {
    Ok(())
}
