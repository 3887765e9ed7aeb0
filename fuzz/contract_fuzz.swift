// libFuzzer harness: any bytes are an OpenAPI document or located errors, never a crash. Built by fuzz/run together with
// the sources of KatanaContract.

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
  let bytes = Array(UnsafeBufferPointer(start: data, count: count))
  let isJSON = bytes.first == UInt8(ascii: "{")
  let (document, diagnostics) = OpenAPILoader.load(bytes: bytes, fileName: isJSON ? "fuzz.json" : "fuzz.yaml")
  if document == nil {
    precondition(diagnostics.contains { $0.severity == .error }, "no document and no error that says why")
  }
  for diagnostic in diagnostics { precondition(!diagnostic.rendered().isEmpty) }
  return 0
}
