import KatanaContract
import KatanaQueries

/// A file of a service that is written once: from then on it is its author's.
public struct StartingFile: Sendable, Equatable {
  /// Its path in the service's folder.
  public let path: String
  public let text: String
}

/// The high layer: a whole service that answers with the contract's examples until its author does better.
public enum HighLayer {
  public struct Service: Sendable {
    /// What the contract says, to be written anew whenever it changes.
    public let generated: [GeneratedFile]
    /// The folder of ``generated``, in the service's folder.
    public let generatedFolder: String
    /// Tests that the service does what the contract says, to be written anew like ``generated``.
    public let tests: [GeneratedFile]
    /// The folder of ``tests``, in the service's folder.
    public let testsFolder: String
    public let files: [StartingFile]
    /// Repositories of the SQL files; none without.
    public let database: [GeneratedFile]
    /// The folder of ``database``, in the service's folder.
    public let databaseFolder: String
    /// The path of the starting file that says who serves what.
    public let routesFile: String
    /// What stands in it for each tag of the contract, and has to once a tag is new.
    public let registrations: [String]
    /// The executable target.
    public let target: String
    /// Whether its command has `--secret`, because the contract has security schemes.
    public let takesSecret: Bool
    /// Whether it runs on a PostgreSQL server alone, as something of the SQL files has no equivalent in SQLite.
    public let needsServer: Bool
  }

  /// Katana's package as a service depends on it.
  public struct Package: Sendable {
    /// From the service's folder, or absolute.
    public let path: String
    /// What the package manager calls it: the name of its folder in lower case.
    public let identity: String

    public init(path: String, identity: String) {
      self.path = path
      self.identity = identity
    }
  }

  /// - Parameters:
  ///   - name: the name of the service: `pet-store`. The target is `PetStore`.
  ///   - contract: the name of the contract's file.
  ///   - sql: the SQL files behind it: operations whose query is found there answer with what it says.
  ///   - options: how values are read where the contract does not say.
  ///   - command: what makes all of it anew when it is run in the service's folder.
  /// - Returns: nil for the service when a diagnostic is an error.
  public static func generate(
    _ document: OpenAPIDocument, name: String, contract: String, sql: QueryContract? = nil, katana: Package,
    command: String, options: ValueOptions = ValueOptions()
  ) -> (service: Service?, diagnostics: [Diagnostic]) {
    // The types are nobody's but the service's, which the compiler is told for it takes half as long then.
    var (files, diagnostics) = Generator.generate(document, contract: contract, access: .internal, options: options)
    if diagnostics.contains(where: { $0.severity == .error }) { return (nil, diagnostics) }
    let (builder, _) = ModelBuilder.build(document, options)
    var links: ContractLinks?
    var database: [GeneratedFile] = []
    if let sql {
      let found = ContractLinks(builder.model, sql)
      let result = SQLGenerator.generate(sql, access: .internal, taken: ContractLinks.taken(by: builder.model))
      diagnostics += found.findings + result.diagnostics
      if diagnostics.contains(where: { $0.severity == .error }) { return (nil, diagnostics) }
      database = result.files
      if !found.conversions.isEmpty { files.append(Generator.conversions(found, contract, document)) }
      links = found
    }
    let text = ServiceText(
      builder.model, links, hasSQLite: sql?.isTranslatedToSQLite ?? false, name: name, contract: contract,
      katana: katana, regeneration: command)
    let service = Service(
      generated: files, generatedFolder: "Sources/\(text.target)/Generated",
      tests: ContractTests.generate(document, contract: contract).files,
      testsFolder: "Tests/\(text.target)Tests/Generated", files: text.files, database: database,
      databaseFolder: "Sources/\(text.target)/Database", routesFile: text.routesFile,
      registrations: text.registrations, target: text.target,
      takesSecret: text.takesSecret, needsServer: text.needsServer)
    return (service, diagnostics)
  }
}
