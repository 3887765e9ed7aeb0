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
    var schemas = SchemaText(document, .request, builder.families, boundsIntegers: true)
    var files: [GeneratedFile] = []
    for group in model.groups where !group.operations.isEmpty {
      var text = SwiftText()
      text.raw(header)
      text.line("import KatanaTesting")
      text.line("import Testing")
      text.line()
      ContractTestsText(group, model, document, &schemas).write(to: &text)
      files.append(GeneratedFile(name: "\(group.name)Tests.swift", text: text.text))
    }
    let definitions = schemas.allDefinitions()
    if definitions != "{}" {
      var text = SwiftText()
      text.raw(header)
      text.doc("The schemas with names that documents are made of and judged by.")
      text.line("let contractDefinitions = \(rawLiteral(definitions))")
      files.append(GeneratedFile(name: "ContractDefinitions.swift", text: text.text))
    }
    return (files.sorted { $0.name < $1.name }, diagnostics)
  }
}

/// The suite of one tag.
private struct ContractTestsText {
  private let group: GroupModel
  private var operations: [(model: OperationModel, cases: OperationCases)] = []

  /// - Parameter schemas: those of all suites.
  init(_ group: GroupModel, _ model: ServiceModel, _ document: OpenAPIDocument, _ schemas: inout SchemaText) {
    self.group = group
    // A stream may never end, so nobody can wait for its answer.
    for operation in group.operations where !OutcomesText.isStream(operation.successes) {
      let cases = OperationCases(operation, model, document, schemas)
      schemas = cases.schemas
      operations.append((operation, cases))
    }
  }

  private var hasDocuments: Bool {
    operations.contains { entry in entry.cases.lines.contains { if case .documents = $0.kind { true } else { false } } }
  }

  private var usesDefinitions: Bool {
    operations.contains { entry in
      entry.cases.lines.contains { if case .documents(let schema) = $0.kind { schema.contains("\"$ref\"") } else { false } }
    }
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
      text.block("private static let table = ContractTable\(usesDefinitions ? "(definitions: contractDefinitions)" : "") { table in") { text in
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
