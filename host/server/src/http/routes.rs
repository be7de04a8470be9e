//! The table of paths, as `cargo xtask routes` wrote it.

use refrain_wire::json::call::Call;
use refrain_wire::json::schema::Route;

const TABLE: &str = include_str!("routes.txt");
/// Of our own service, in the same form.
const OURS: &str = "\
refrain.v1.RefrainService
  ListComponents GET /refrain/v1/namespaces/{namespace}/components
  ListDeployments GET /refrain/v1/namespaces/{namespace}/deployments
  DescribeState GET /refrain/v1/namespaces/{namespace}/workflows/{workflow_id}/state
";

/// In the order of the tables.
pub(super) fn all() -> Vec<Route> {
    let mut service = "";
    let mut routes = Vec::new();
    for line in
        TABLE.lines().chain(OURS.lines()).filter(|it| !it.is_empty() && !it.starts_with('#'))
    {
        match line.trim_start().split(' ').collect::<Vec<_>>()[..] {
            [name] => service = name,
            [call, verb, path] => {
                let call = Call::find(service, call)
                    .expect("the table is made of the descriptions that calls are found in");
                let fields = fields(path).map(str::to_owned).collect();
                routes.push(Route { call, verb: verb.to_owned(), path: path.to_owned(), fields });
            }
            _ => unreachable!("`cargo xtask tidy` compares the table with what it is made of"),
        }
    }
    routes
}

/// `/a/{x}/b/{y.z}`: `x`, `y.z`.
fn fields(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
}

/// `/a/{x}/b/{y.z}`: `/a/{0}/b/{1}`.
pub(super) fn numbered(path: &str) -> String {
    let mut number = 0;
    let segments = path.split('/').map(|it| {
        if !it.starts_with('{') {
            return it.to_owned();
        }
        number += 1;
        format!("{{{}}}", number - 1)
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_call_with_the_fields_of_its_path() {
        let routes = all();
        assert!(routes.len() > 100, "{}", routes.len());
        for route in routes {
            let mut request = serde_json::Value::Null;
            for field in &route.fields {
                route.call.put(&mut request, field, "x").expect("the path names a field");
            }
            assert_eq!(numbered(&route.path).matches('{').count(), route.fields.len());
        }
    }
}
