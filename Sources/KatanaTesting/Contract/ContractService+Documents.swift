import Glibc
import Katana

extension ContractService {
  /// Sends random documents: the service must answer 400 with violations exactly when the schema refuses one, and a
  /// valid one must never be 400, nor 500.
  ///
  /// Documents and their order follow from a seed, which a failure tells. `KATANA_SEED` in the environment repeats it;
  /// `KATANA_DOCUMENTS` sets how many there are.
  ///
  /// - Throws: ``ContractFailure`` for the first document that is judged otherwise.
  public func check(
    _ document: ContractDocument, count: Int? = nil, seed: UInt64? = nil, over transport: TestTransport = .inProcess
  ) async throws {
    guard let bare = shown(document.credentials, document.request) else { return }
    let seed = seed ?? number("KATANA_SEED") ?? UInt64.random(in: 0..<1 << 32)
    let count = count ?? number("KATANA_DOCUMENTS").map { Int($0) } ?? 200
    let schema = try JSONSchema(parsing: document.schema)
    var sampler = try DocumentSampler(schema: document.schema, seed: seed)
    let client = try await client(over: transport)
    for index in 0..<count {
      // Every second document is meant to be valid.
      sampler.oddity = index % 2 == 0 ? 0 : 12
      let text = sampler.next()
      let violations = schema.violations(of: text)
      let request = bare.body(text, type: document.mediaType)
      let response = try await client.send(request)
      let errors = try? response.json["errors"]?.arrayValue
      let isRefused = response.status == 400 && errors?.isEmpty == false
      if violations.isEmpty ? ![400, 500].contains(response.status) : isRefused { continue }
      let verdict =
        violations.isEmpty
        ? "the schema accepts this document"
        : "the schema refuses this document: \(violations.map { "\($0.pointer ?? "") \($0.detail)" })"
      throw ContractFailure("\(document): \(verdict) (KATANA_SEED=\(seed), document \(index))", request, response)
    }
  }

  private func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }
}
