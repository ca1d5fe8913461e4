//! Turns `src/grammar.lalrpop` into a parser.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    lalrpop::process_src()
}
