//! `kaibiao figures`: what centre and supervisor count of their openings.

use std::path::PathBuf;

use clap::Args;
use kaibiao_api::FiguresView;
use kaibiao_client::failure::Outcome;
use serde_json::json;

use super::connect::Connect;
use super::output::Output;

#[derive(Debug, Args)]
pub struct FiguresArgs {
    #[command(flatten)]
    connect: Connect,
    /// 起始月份,如 2026-01(北京时间) · the first month, Beijing time
    #[arg(long, value_name = "MONTH", value_parser = month)]
    from: Option<String>,
    /// 截止月份,默认本月 · the last month; the present one by default
    #[arg(long, value_name = "MONTH", value_parser = month)]
    to: Option<String>,
    /// 另存为表格(CSV) · also keeps the table as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// 表格按 CA 分列,而不按月份 · the table is by authority, not by month
    #[arg(long, requires = "csv")]
    authorities: bool,
    /// 表头用英文 · headings in English
    #[arg(long, requires = "csv")]
    english: bool,
}

pub async fn run(args: FiguresArgs, output: &Output) -> Outcome<()> {
    let server = args.connect.session().await?.server;
    let mut query = String::new();
    for (name, month) in [("from", &args.from), ("to", &args.to)] {
        if let Some(month) = month {
            query.push_str(&format!("&{name}={month}"));
        }
    }
    let view: FiguresView = server
        .get(&format!("figures?{}", query.trim_start_matches('&')))
        .await?;
    let Some(path) = &args.csv else {
        tell(&view, output);
        return output.result(&view);
    };
    if args.authorities {
        query.push_str("&table=authorities");
    }
    if args.english {
        query.push_str("&lang=en");
    }
    server
        .save(
            &format!("figures/csv?{}", query.trim_start_matches('&')),
            path,
        )
        .await?;
    output.row(path.display().to_string());
    output.result(&json!({ "files": [path.display().to_string()] }))
}

fn tell(view: &FiguresView, output: &Output) {
    output.row("月份 month    开标 lots  投标 bids  解密 unlocked  评价 ratings  投诉 complaints");
    for line in &view.months {
        let told = &line.figures;
        let lots: u32 = told.lots.values().sum();
        let unlocked = told.unlocking.as_ref().map_or_else(
            || "-".to_owned(),
            |it| format!("{}/{}", it.unlocked + it.rescued, it.bids),
        );
        output.row(format!(
            "{}      {lots:>9}  {:>9}  {unlocked:>13}  {:>12}  {:>15}",
            line.month, told.bids, told.ratings, told.complaints
        ));
        if let Some(it) = &told.complaining {
            output.row(format!(
                "  投诉 complaints: 已受理 taken up {},不予受理 declined {},已答复 answered {},逾期 overdue {}",
                it.taken_up, it.declined, it.answered, it.overdue
            ));
        }
    }
}

/// A month as the platform reads it, so that it needs no encoding in an address.
fn month(text: &str) -> Result<String, String> {
    let is_part = |it: char| it.is_ascii_digit() || it == '-';
    if text.len() == "2026-01".len() && text.chars().all(is_part) {
        Ok(text.to_owned())
    } else {
        Err("2026-01".to_owned())
    }
}
