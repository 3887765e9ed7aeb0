import ArgumentParser
import Glibc
import KatanaCodegen
import KatanaCommand
import KatanaContract
import KatanaQueries

/// `katana gen high`
struct GenHigh: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "high",
    abstract: "Generate a whole service from an OpenAPI document.",
    discussion: """
      The service builds and answers with the contract's examples at once. What lies in folders named Generated is \
      written anew by each call; every other file is written when it does not exist, and yours from then on. The \
      contract stays where it is; Package.swift tells the command that writes the code anew.
      """)

  @Option(name: .shortAndLong, help: "The OpenAPI document (YAML or JSON).")
  var input: String

  @Option(
    name: .shortAndLong,
    help: "A folder of SQL files, as for 'katana gen sql': operations whose query is found there answer with what it says.")
  var sql: String?

  @Option(name: .shortAndLong, help: "The folder of the service, created when missing.")
  var output: String

  @Option(help: "The service's name: letters, digits, '-' and '_'. That of the output folder without it.")
  var name: String?

  @Option(help: "The folder of Katana's package; the one that this command was built in without it.")
  var katana: String?

  @OptionGroup var values: ValueArguments

  @Flag(help: "Treat warnings as errors.")
  var strict = false

  @Flag(help: "Print what was generated and how long it took, one number to a line.")
  var stats = false

  func run() throws {
    let began = ContinuousClock.now
    let folder = try Folder(output)
    let name = try serviceName(folder)
    let katana = try katana.map { try Self.package($0, from: folder) } ?? Self.ownPackage()
    let (document, findings) = OpenAPILoader.load(path: input)
    var diagnostics = findings
    var service: HighLayer.Service?
    var queries: QueryContract?
    if let sql {
      var loaded = QueryLoader.load(folder: sql, server: .ephemeral, translatesToSQLite: true)
      if let lock = loaded.lock { try LockText(lock, path: loaded.lockPath).write() }
      let faults = loaded.diagnostics.filter { $0.severity == .error }
      if loaded.contract == nil, !faults.isEmpty, faults.allSatisfy({ SQLiteRule(rawValue: $0.id) != nil }) {
        printError(
          "\(sql): note: \(faults.count) of its statements have no equivalent in SQLite, so that the service needs a "
            + "PostgreSQL server; 'katana gen sql --sqlite' names them")
        loaded = QueryLoader.load(folder: sql, server: .ephemeral)
      }
      diagnostics += loaded.diagnostics
      queries = loaded.contract
    }
    if let document, sql == nil || queries != nil {
      let result = HighLayer.generate(
        document, name: name, contract: baseName(input), sql: queries, katana: katana, command: command(in: folder),
        options: values.options)
      service = result.service
      diagnostics = (diagnostics + result.diagnostics).sorted(by: Diagnostic.isOrderedBefore)
    }
    for diagnostic in diagnostics { printError(diagnostic.rendered()) }
    let isRefused = diagnostics.contains { $0.severity == .error || strict && $0.severity == .warning }
    guard let service, !isRefused else { throw ExitCode(1) }
    try OutputFolder(path: "\(output)/\(service.generatedFolder)").write(service.generated)
    try OutputFolder(path: "\(output)/\(service.testsFolder)").write(service.tests)
    if sql != nil {
      try OutputFolder(path: "\(output)/\(service.databaseFolder)", mark: SQLGenerator.mark).write(service.database)
    }
    for file in service.files { try OutputFolder(path: output).begin(file) }
    noteMissing(service)
    if stats, let document {
      try printOutput(Statistics(document, service.generated + service.tests).lines(since: began), terminator: "")
    }
    try printOutput(start(service))
  }

  /// Routes.swift is its author's, who is told of what is new in the contract: nothing else would.
  private func noteMissing(_ service: HighLayer.Service) {
    let path = "\(output)/\(service.routesFile)"
    guard let text = OutputFolder(path: output).text(service.routesFile) else { return }
    for line in service.registrations where !text.contains(Self.call(line)) {
      printError("\(path): note: no '\(line)' in it: its operations answer 404 unless they are registered elsewhere")
    }
  }

  /// `register(rooms:` of `router.register(rooms: RoomsService())`.
  private static func call(_ line: String) -> Substring {
    let end = line.firstIndex(of: ":") ?? line.endIndex
    return line[..<end].drop { $0 != "." }.dropFirst() + ":"
  }

  private func serviceName(_ folder: Folder) throws -> String {
    let name = name ?? folder.name
    let isPlain = name.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    guard isPlain, let first = name.first, first.isLetter else {
      throw Failure("'\(name)' cannot name a service: give a letter, then letters, digits and hyphens, with --name")
    }
    return name
  }

  /// The command that starts the service.
  private func start(_ service: HighLayer.Service) -> String {
    let isHere = output.split(separator: "/").allSatisfy { $0 == "." } && !output.hasPrefix("/")
    let secret = service.takesSecret ? " --secret SECRET" : ""
    let folder = isHere ? "" : "cd \(Self.word(output)) && "
    let run = "swift run \(service.target) --port 8080" + secret
    guard service.needsServer, let sql, let path = try? Folder(output).path(to: sql) else { return folder + run }
    return folder + "katana db run -i \(Self.word(path)) -- \(run)"
  }

  /// What makes the code anew in the service's folder.
  private func command(in folder: Folder) -> String {
    var words = ["katana", "gen", "high", "-i", folder.path(to: input), "-o", "."]
    if let sql { words += ["-s", folder.path(to: sql)] }
    if let name, name != folder.name { words += ["--name", name] }
    words += values.words
    return words.map(Self.word).joined(separator: " ")
  }

  /// A word of a command line as a shell takes it. It stands in one line, whatever a file is called.
  private static func word(_ text: String) -> String {
    let isPlain = !text.isEmpty && text.utf8.allSatisfy { byte in
      "-_./+,:@%=".utf8.contains(byte) || byte >= 0x80 || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    if isPlain, !text.contains(where: \.isNewline) { return text }
    return "'" + text.filter { !$0.isNewline }.replacing("'", with: "'\\''") + "'"
  }

  private func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// A folder that was named on the command line, as the service's Package.swift has to name it.
  private static func package(_ path: String, from service: Folder) throws -> HighLayer.Package {
    guard isPackage(path) else { throw Failure("'\(path)' is not Katana's package: give its folder with --katana") }
    let place = path.hasPrefix("/") ? path : service.path(to: path)
    return HighLayer.Package(path: place, identity: try Folder(path).name.lowercased())
  }

  private static func isPackage(_ folder: String) -> Bool {
    access(folder + "/Package.swift", R_OK) == 0 && access(folder + "/csrc", R_OK) == 0
  }

  /// The package that this command was built in.
  private static func ownPackage() throws -> HighLayer.Package {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    var parts = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let folder = "/" + parts.joined(separator: "/")
      if isPackage(folder) { return HighLayer.Package(path: folder, identity: parts.last?.lowercased() ?? "") }
    }
    throw Failure("Katana's package is not around this command: give its folder with --katana")
  }

  /// A folder by the names that lead to it from the root; it need not exist.
  struct Folder {
    private let names: [Substring]

    init(_ path: String) throws { names = try Self.names(of: path) }

    var name: String { names.last.map(String.init) ?? "" }

    /// What leads from here to a file: `../museum.yaml`.
    func path(to file: String) -> String {
      guard let other = try? Self.names(of: file) else { return file }
      let shared = zip(names, other).prefix { $0 == $1 }.count
      return (Array(repeating: "..", count: names.count - shared) + other.dropFirst(shared).map(String.init))
        .joined(separator: "/")
    }

    private static func names(of path: String) throws -> [Substring] {
      var whole = path
      if !path.hasPrefix("/") {
        guard let current = getcwd(nil, 0) else {
          throw Failure("the working folder is gone: \(String(cString: strerror(errno)))")
        }
        defer { free(current) }
        whole = String(cString: current) + "/" + path
      }
      var names: [Substring] = []
      for name in whole.split(separator: "/") where name != "." {
        if name == ".." { _ = names.popLast() } else { names.append(name) }
      }
      return names
    }
  }
}
