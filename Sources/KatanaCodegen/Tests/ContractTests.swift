import KatanaContract

/// Tests that a service answers as its contract says, in Swift Testing: data for `KatanaTesting`, a file for each tag.
public enum ContractTests {
  /// The files for a document, in order of their names; none when a finding is an error. They use `contractService`, a
  /// `ContractService` that is theirs to be given.
  ///
  /// - Parameter contract: what the header of each file calls the contract; its own file name when nil.
  public static func generate(
    _ document: OpenAPIDocument, contract: String? = nil
  ) -> (files: [GeneratedFile], diagnostics: [Diagnostic]) {
    let (builder, diagnostics) = ModelBuilder.build(document)
    let model = builder.model
    if diagnostics.contains(where: { $0.severity == .error }) { return ([], diagnostics) }
    let header = Generator.header(model, contract, document)
    let files = model.groups.filter { !$0.operations.isEmpty }.map { group in
      var text = SwiftText()
      text.raw(header)
      text.line("import KatanaTesting")
      text.line("import Testing")
      text.line()
      ContractTestsText(group, model, document, builder.families).write(to: &text)
      return GeneratedFile(name: "\(group.name)Tests.swift", text: text.text)
    }
    return (files.sorted { $0.name < $1.name }, diagnostics)
  }
}

/// The suite of one tag.
private struct ContractTestsText {
  private let group: GroupModel
  private let operations: [(model: OperationModel, cases: OperationCases)]

  init(_ group: GroupModel, _ model: ServiceModel, _ document: OpenAPIDocument, _ families: Families) {
    self.group = group
    // A stream may never end, so nobody can wait for its answer.
    operations = group.operations.filter { !OutcomesText.isStream($0.successes) }
      .map { ($0, OperationCases($0, model, document, families)) }
  }

  private var hasDocuments: Bool {
    operations.contains { entry in entry.cases.lines.contains { if case .documents = $0.kind { true } else { false } } }
  }

  func write(to text: inout SwiftText) {
    text.doc("What the contract says about the operations of the tag \(swiftLiteral(group.tag)).")
    text.block("@Suite struct \(SwiftName.escaped(group.name + "Tests")) {") { text in
      text.line("@Test(\"a request is answered as the contract says\", arguments: table.cases, TestTransport.allCases)")
      text.block("func answers(_ line: ContractCase, over transport: TestTransport) async throws {") {
        $0.line("try await contractService.check(line, over: transport)")
      }
      text.line()
      if hasDocuments {
        text.line("@Test(\"a document is refused exactly when its schema refuses it\", arguments: table.documents)")
        text.block("func documents(_ document: ContractDocument) async throws {") {
          $0.line("try await contractService.check(document)")
        }
        text.line()
      }
      text.block("private static let table = ContractTable { table in") { text in
        for operation in operations { text.line("\(function(operation.model))(&table)") }
      }
      for operation in operations {
        text.line()
        write(operation.model, operation.cases, to: &text)
      }
    }
  }

  private func function(_ operation: OperationModel) -> String {
    "add" + operation.name.prefix(1).uppercased() + operation.name.dropFirst()
  }

  private func write(_ operation: OperationModel, _ cases: OperationCases, to text: inout SwiftText) {
    text.line("/// `\(operation.method.uppercased()) \(operation.path)`")
    if cases.lines.isEmpty {
      text.line("///")
      text.line("/// No request is known to be valid: give the contract examples.")
    } else if cases.leftOut > 0 {
      text.line("///")
      text.line("/// The first \(OperationCases.linesMax) lines; \(cases.leftOut) more are left out.")
    }
    text.block("private static func \(function(operation))(_ table: inout ContractTable) {") { text in
      if cases.lines.isEmpty { return }
      let name = operation.id ?? "\(operation.method.uppercased()) \(operation.path)"
      var arguments = [
        swiftLiteral(name), swiftLiteral(operation.method.uppercased()),
        "statuses: [\(cases.statuses.map(swiftLiteral).joined(separator: ", "))]",
      ]
      if let credentials = cases.credentials, !credentials.isEmpty {
        arguments.append("credentials: [\(credentials.joined(separator: ", "))]")
      }
      text.list("table.operation", arguments, "")
      var base: ContractRequest?
      for line in cases.lines { line.write(&base, to: &text) }
    }
  }
}
