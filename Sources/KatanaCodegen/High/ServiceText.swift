import KatanaContract

/// The files of a service around its generated code.
struct ServiceText {
  private let model: ServiceModel
  private let links: ContractLinks?
  /// Whether the queries run on SQLite, too.
  private let hasSQLite: Bool
  private let name: String
  private let contract: String
  private let katana: HighLayer.Package
  private let regeneration: String
  let target: String

  init(
    _ model: ServiceModel, _ links: ContractLinks?, hasSQLite: Bool, name: String, contract: String,
    katana: HighLayer.Package, regeneration: String
  ) {
    self.model = model
    self.links = links
    self.hasSQLite = hasSQLite
    self.name = name
    self.contract = contract
    self.katana = katana
    self.regeneration = regeneration
    target = SwiftName.type(name)
  }

  var files: [StartingFile] {
    var files = [
      StartingFile(path: "Package.swift", text: package), StartingFile(path: "Dockerfile", text: dockerfile),
      StartingFile(path: ".gitignore", text: ".build/\nPackage.resolved\n"),
      StartingFile(path: ".dockerignore", text: ".build/\n.git/\n"),
      StartingFile(path: "Sources/\(target)/\(target).swift", text: command),
      StartingFile(path: routesFile, text: routes),
      StartingFile(path: "Tests/\(target)Tests/ContractTests.swift", text: tests),
    ]
    for group in groups {
      files.append(StartingFile(path: "Sources/\(target)/\(serviceName(group)).swift", text: service(group)))
    }
    if links != nil { files.append(StartingFile(path: "Sources/\(target)/OpenDatabase.swift", text: openDatabase)) }
    if !model.securitySchemes.isEmpty {
      files.append(StartingFile(path: "Sources/\(target)/SecretAuthenticator.swift", text: authenticator))
    }
    return files.sorted { $0.path < $1.path }
  }

  var routesFile: String { "Sources/\(target)/Routes.swift" }

  /// A call for each tag that has operations.
  var registrations: [String] {
    groups.map { group in
      let repositories = repositories(of: group)
        .map { "\(HandlerText.property($0)): \(SwiftName.escaped($0))(database)" }.joined(separator: ", ")
      return "router.register(\(SwiftName.label(SwiftName.member(group.tag))): "
        + "\(SwiftName.escaped(serviceName(group)))(\(repositories)))"
    }
  }

  /// The repositories that a group's handlers use.
  private func repositories(of group: GroupModel) -> [String] {
    var names: [String] = []
    for operation in group.operations {
      guard let links, let link = link(of: operation), link.handler != nil else { continue }
      let name = links.names(of: link).repository
      if !names.contains(name) { names.append(name) }
    }
    return names.sorted()
  }

  private func link(of operation: OperationModel) -> OperationLink? {
    links?.links.first { $0.operation.method == operation.method && $0.operation.path == operation.path }
  }

  /// Parameters of `makeRouter`, and their arguments.
  private var routerParameters: [String] {
    (links == nil ? [] : ["database: any SQLExecutor"]) + (takesSecret ? ["secret: String?"] : [])
  }
  private var routerArguments: [String] {
    (links == nil ? [] : ["database: database"]) + (takesSecret ? ["secret: secret"] : [])
  }

  var needsServer: Bool { links != nil && !hasSQLite }

  private var databaseModules: [String] { ["KatanaPostgres", "KatanaSQL"] + (hasSQLite ? ["KatanaSQLite"] : []) }

  var takesSecret: Bool { !model.securitySchemes.isEmpty }

  private var groups: [GroupModel] { model.groups.filter { !$0.operations.isEmpty } }

  private func serviceName(_ group: GroupModel) -> String {
    (group.name.hasSuffix("API") ? String(group.name.dropLast(3)) : group.name) + "Service"
  }

  private func written(_ body: (inout SwiftText) -> Void) -> String {
    var text = SwiftText()
    body(&text)
    return text.text
  }

  // MARK: Package

  private var package: String {
    let importLine = "import PackageDescription"
    return """
      // swift-tools-version: 6.2
      \(importLine)

      // The code under Generated is made by: \(regeneration)
      let package = Package(
        name: \(swiftLiteral(name)),
        dependencies: [
          .package(path: \(swiftLiteral(katana.path))),
          .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
          .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        ],
        targets: [
          .executableTarget(
            name: \(swiftLiteral(target)),
            dependencies: [
              .product(name: "Katana", package: \(swiftLiteral(katana.identity))),
              .product(name: "KatanaCommand", package: \(swiftLiteral(katana.identity))),\(databaseProducts)
              .product(name: "ArgumentParser", package: "swift-argument-parser"),
              .product(name: "Logging", package: "swift-log"),
            ]),
          .testTarget(
            name: \(swiftLiteral(target + "Tests")),
            dependencies: [
              .target(name: \(swiftLiteral(target))),
              .product(name: "KatanaTesting", package: \(swiftLiteral(katana.identity))),
            ]),
        ],
        swiftLanguageModes: [.v6])

      """
  }

  private var databaseProducts: String {
    if links == nil { return "" }
    return databaseModules.map {
      "\n              .product(name: \"\($0)\", package: \(swiftLiteral(katana.identity))),"
    }.joined()
  }

  private var dockerfile: String {
    let more = links == nil ? "" : hasSQLite ? " libpq5 libsqlite3-0" : " libpq5"
    return """
    # docker build --build-context katana=\(katana.path) -t \(name) .
    FROM swift:6.3-bookworm AS build
    COPY --from=katana . /\(katana.identity)
    RUN cd /\(katana.identity) && .ci/install build
    COPY . /service
    WORKDIR /service
    RUN sed -i 's#.package(path: .*)#.package(path: "/\(katana.identity)")#' Package.swift \\
      && swift build -c release --static-swift-stdlib

    FROM debian:bookworm-slim
    RUN apt-get update && apt-get install -y --no-install-recommends \\
      libbrotli1 libnghttp2-14 libnuma1 libpcre2-8-0 libssl3 liburing2 libzstd1 zlib1g\(more) && rm -rf /var/lib/apt/lists/*
    COPY --from=build /service/.build/release/\(target) /usr/local/bin/service
    EXPOSE 8080
    ENTRYPOINT ["/usr/local/bin/service", "--host", "0.0.0.0"]

    """
  }

  // MARK: Sources

  private var command: String {
    written { text in
      text.line("import ArgumentParser")
      text.line("import Katana")
      text.line("import KatanaCommand")
      text.line("import Logging")
      text.line()
      text.doc("\(model.title), served from \(contract).")
      text.line("@main")
      text.block("struct \(target): AsyncParsableCommand {") { text in
        text.line("static let configuration = CommandConfiguration(")
        text.indented { text in
          text.line("commandName: \(swiftLiteral(name)), abstract: \(swiftLiteral(oneLine(model.title))))")
        }
        text.line()
        text.line("@OptionGroup var options: ServerOptions")
        if takesSecret {
          text.line()
          text.line("@Option(help: \"What clients show to be let in; nobody is without it.\")")
          text.line("var secret: String?")
        }
        if links != nil {
          text.line()
          let help =
            hasSQLite
            ? "postgres://…, or sqlite:FILE; in memory without it." : "postgres://…; DATABASE_URL without it."
          text.line("@Option(name: .customLong(\"db\"), help: \"\(help)\")")
          text.line("var databaseURL: String?")
        }
        text.line()
        text.block("func run() async throws {") { text in
          if links != nil { text.line("let database = try openDatabase(databaseURL)") }
          text.line("let router = makeRouter(\(routerArguments.joined(separator: ", ")))")
          text.line("let logger = Logger(label: \(swiftLiteral(name)))")
          text.line(
            "let server = try Server(router: router, configuration: options.configuration, logger: logger)")
          text.line("try await server.runUntilSignalled()")
        }
        text.line()
        text.line("static func main() async { await runMain() }")
      }
    }
  }

  private var openServer: String {
    written { text in
      text.line("import Glibc")
      for module in databaseModules { text.line("import \(module)") }
      text.line()
      text.doc(
        "A PostgreSQL server, whose schema `katana db migrate` keeps; `katana db run -- COMMAND` starts one for a time.")
      text.block("func openDatabase(_ url: String?) throws -> any SQLExecutor {") { text in
        text.line(
          "guard let url = url ?? getenv(\"DATABASE_URL\").map({ String(cString: $0) }) else { throw NoDatabase() }")
        text.line("let database = try PostgresDatabase(url)")
        text.line("try database.check()")
        text.line("return database")
      }
      text.line()
      text.block("struct NoDatabase: Error, CustomStringConvertible {") { text in
        text.line("let description = \"no database: give --db postgresql://user@host/name, or set DATABASE_URL\"")
      }
    }
  }

  private var openDatabase: String {
    if !hasSQLite { return openServer }
    return written { text in
      for module in databaseModules { text.line("import \(module)") }
      text.line()
      text.doc("A PostgreSQL server, whose schema `katana db migrate` keeps, or SQLite, which is brought up to date here.")
      text.block("func openDatabase(_ url: String?) throws -> any SQLExecutor {") { text in
        text.block("if let url, !url.hasPrefix(\"sqlite:\") {") { text in
          text.line("let database = try PostgresDatabase(url)")
          text.line("try database.check()")
          text.line("return database")
        }
        text.line("let database = try SQLiteDatabase(url: url ?? \"sqlite::memory:\")")
        text.line("try database.migrate(Migrations.all)")
        text.line("return database")
      }
    }
  }

  private var routes: String {
    written { text in
      text.line("import Katana")
      if links != nil { text.line("import KatanaSQL") }
      text.line()
      text.line("/// Every operation of the contract and who serves it.")
      text.block("func makeRouter(\(routerParameters.joined(separator: ", "))) -> Router {") { text in
        text.line("var router = Router()")
        for registration in registrations { text.line(registration) }
        for scheme in model.securitySchemes {
          text.line("router.authenticate(\(swiftLiteral(scheme.key)), with: SecretAuthenticator(secret: secret))")
        }
        text.line("return router")
      }
    }
  }

  private var tests: String {
    let secret = model.securitySchemes.isEmpty ? "" : "secret"
    let argument = secret.isEmpty ? "" : "(secret: \"\(secret)\")"
    let parameter = ((links == nil ? [] : ["database: openDatabase(nil)"]) + (secret.isEmpty ? [] : ["secret: \"\(secret)\""]))
      .joined(separator: ", ")
    return written { text in
      text.line("import KatanaTesting")
      text.line()
      text.line("@testable import \(target)")
      text.line()
      text.doc(
        """
        What the tests under Generated talk to. They are made of the contract: each operation with its examples, with \
        the bounds of its schemas, with each rule broken once, and with random documents.
        """)
      text.line("let contractService = ContractService\(argument) { \(links == nil ? "" : "try! ")makeRouter(\(parameter)) }")
    }
  }

  private var authenticator: String {
    var scopes: [String] = []
    for operation in model.groups.flatMap(\.operations) {
      for requirement in operation.security.flatMap(\.self) {
        for scope in requirement.scopes where !scopes.contains(scope) { scopes.append(scope) }
      }
    }
    return written { text in
      text.line("import Katana")
      text.line()
      text.line("/// Lets in whoever shows one secret, with every scope. Replace it with who knows your clients.")
      text.block("struct SecretAuthenticator: Authenticator {") { text in
        text.line("let secret: String?")
        text.line()
        text.list("private static let scopes: [String] = ", scopes.map(swiftLiteral), "", open: "[", close: "]")
        text.line()
        text.block("func authenticate(_ credential: Credential, _ context: Context) -> Authentication<String> {") { text in
          text.line("guard let secret, credential.matches(secret) else { return .refused() }")
          text.line("return .granted(\"client\", scopes: Self.scopes)")
        }
      }
    }
  }

  private func service(_ group: GroupModel) -> String {
    written { text in
      text.line("import Katana")
      let repositories = repositories(of: group)
      if !repositories.isEmpty { text.line("import KatanaSQL") }
      text.line()
      text.doc(group.documentation)
      text.block("struct \(SwiftName.escaped(serviceName(group))): \(SwiftName.escaped(group.name)) {") { text in
        for repository in repositories {
          text.line("let \(SwiftName.escaped(HandlerText.property(repository))): \(SwiftName.escaped(repository))")
        }
        for (index, operation) in group.operations.enumerated() {
          if index > 0 || !repositories.isEmpty { text.line() }
          if let links, let link = link(of: operation), let plan = link.handler {
            HandlerText(link: link, plan: plan, links: links).write(to: &text)
          } else {
            StubText(operation, SampleText(model)).write(to: &text)
          }
        }
      }
    }
  }

  private func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
