//! The plain page at `/`: what is going on, for whoever opens the address in
//! a browser.

use std::fmt::Write as _;

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpResponse, get};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Visitor;
use crate::api::ProjectLine;
use crate::app::{App, projects};
use crate::problem::Problem;

const STYLE: &str = "body{font:17px/1.7 system-ui,'Noto Sans SC','Microsoft YaHei',sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733}\
h1{font-size:1.6rem}table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #cfd8e0;padding:.5rem .6rem;text-align:left;vertical-align:top}\
a{color:#0b5394}small{color:#55636f}caption{text-align:left;font-weight:600;padding:.5rem 0}";

pub fn routes(config: &mut ServiceConfig) {
    config.service(page);
}

#[get("/")]
async fn page(app: Data<App>) -> Result<HttpResponse, Problem> {
    let list = projects::list(&app, &Visitor(None), None).await?;
    let html = html(&list.projects, list.now);
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(html))
}

fn html(projects: &[ProjectLine], now: i64) -> String {
    let mut rows = String::new();
    for project in projects {
        let deadline = project.deadline.map_or_else(String::new, local);
        // Writing to a string cannot fail.
        let _ = write!(
            rows,
            "<tr><td>{}</td><td><a href=\"/api/v1/projects/{}\">{}</a></td><td>{}</td><td>{deadline}</td></tr>",
            escaped(&project.number),
            escaped(&project.id),
            escaped(&project.title),
            stage(&project.stage),
        );
    }
    if rows.is_empty() {
        rows = "<tr><td colspan=\"4\">暂无公开的项目 · no published projects</td></tr>".to_owned();
    }
    format!(
        "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
<title>开标 Kaibiao</title><style>{STYLE}</style><main><h1>开标 · 远程不见面开标厅</h1>\
<p>投标文件在投标人本机密封,平台只接收密文;开标时刻之前,任何人无法解密。<br><small>Bids are sealed on the bidders' own machines; before the published instant nobody can open them.</small></p>\
<table><caption>项目 · Projects</caption><thead><tr><th scope=\"col\">编号 Number</th><th scope=\"col\">名称 Title</th><th scope=\"col\">阶段 Stage</th><th scope=\"col\">投标截止/开标 T0</th></tr></thead><tbody>{rows}</tbody></table>\
<p>参与请使用命令行 <code>kaibiao help</code>;接口说明见 <a href=\"/docs/\">/docs</a>。<br><small>Take part with the command line; the interface is described at /docs.</small></p>\
<p><small>服务器时间 Server time {}(北京时间)</small></p></main></html>",
        local(now)
    )
}

/// Beijing time, as people read it.
fn local(at: i64) -> String {
    let zone = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
    Timestamp::from_millisecond(at).map_or_else(
        |_| String::new(),
        |at| at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

fn stage(name: &str) -> &str {
    match name {
        "preparing" => "准备 preparing",
        "bidding" => "投标 bidding",
        "checking" => "核验 checking",
        "unlocking" => "解密 unlocking",
        "releasing" => "释放 releasing",
        "opened" => "已开启 opened",
        "announced" => "唱标 announced",
        "objections" => "异议 objections",
        "signing" => "签署 signing",
        "closed" => "已结束 closed",
        "cancelled" => "已终止 cancelled",
        "failed_few_bids" => "投标不足 too few bids",
        "failed_after_unlock" => "解密不足 too few opened",
        "terminated" => "已中止 terminated",
        other => other,
    }
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_cannot_bring_markup_into_the_page() {
        let line = ProjectLine {
            id: "1".to_owned(),
            title: "<script>alert('x')</script>".to_owned(),
            number: "A&B".to_owned(),
            stage: "bidding".to_owned(),
            deadline: Some(0),
            external_id: None,
        };
        let shown = html(&[line], 0);
        assert!(!shown.contains("<script"));
        assert!(shown.contains("A&amp;B") && shown.contains("1970-01-01 08:00:00"));
    }
}
