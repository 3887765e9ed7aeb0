import ArgumentParser
import KatanaCodegen
import KatanaContract

/// `--json` and `--alloc`.
struct ValueArguments: ParsableArguments {
  @Option(
    help: """
      How JSON is read where a schema has no 'x-katana-json': ondemand, to Swift values; dom, to JSONValue; \
      zero-copy, to views of request bodies.
      """)
  var json = KatanaExtensions.JSONMode.ondemand

  @Option(
    help: """
      Where values lie: arena, heap or pmr, which is taken for arena. It follows from --json, views lying in the \
      arena and Swift values on the heap; what asks for something else is warned of.
      """)
  var alloc: KatanaExtensions.Allocation?

  var options: ValueOptions { ValueOptions(json: json, allocation: alloc) }

  /// The words of a command line that say the same.
  var words: [String] {
    (json == .ondemand ? [] : ["--json", json.rawValue]) + (alloc.map { ["--alloc", $0.rawValue] } ?? [])
  }
}

extension KatanaExtensions.JSONMode: ExpressibleByArgument {}
extension KatanaExtensions.Allocation: ExpressibleByArgument {}
