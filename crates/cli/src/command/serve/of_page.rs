// Read by the build script and by the command: one rule for the page in the program and for one in
// a folder.

/// Whether a file of the built page is served. Not the runs that come with it, whose place is the
/// given runs', though the table of all pairs is the page's; and not the keeper of a page without a
/// network: here it would keep runs that change, under an address that others use tomorrow.
fn is_of_page(address: &str) -> bool {
    match address {
        "runs/universality.json" => true,
        "service-worker.js" | "precache.json" => false,
        _ => !address.starts_with("runs/"),
    }
}
