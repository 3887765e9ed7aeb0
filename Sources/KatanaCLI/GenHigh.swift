import ArgumentParser
import Glibc
import KatanaCodegen
import KatanaCommand
import KatanaContract

/// `katana gen high`
struct GenHigh: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "high",
    abstract: "Generate a whole service from an OpenAPI document.",
    discussion: """
      The service builds and answers with the contract's examples at once. What lies under Generated is written anew by \
      each call; every other file is written when it does not exist, and yours from then on.
      """)

  @Option(name: .shortAndLong, help: "The OpenAPI document (YAML or JSON).")
  var input: String

  @Option(name: .shortAndLong, help: "The folder of the service.")
  var output: String

  @Option(help: "The service's name; that of the output folder without it.")
  var name: String?

  @Option(help: "The folder of Katana's package; found from this command without it.")
  var katana: String?

  @Flag(help: "Fail on warnings, too.")
  var strict = false

  @Flag(help: "Print what was generated and how long it took, one number to a line.")
  var stats = false

  func run() throws {
    let began = ContinuousClock.now
    let name = try serviceName()
    let katana = try katana ?? Self.ownPackage()
    let (document, findings) = OpenAPILoader.load(path: input)
    var diagnostics = findings
    var service: HighLayer.Service?
    if let document {
      let result = HighLayer.generate(document, name: name, contract: baseName(input), katana: katana)
      service = result.service
      diagnostics = (diagnostics + result.diagnostics).sorted(by: Diagnostic.isOrderedBefore)
    }
    for diagnostic in diagnostics { printError(diagnostic.rendered()) }
    let isRefused = diagnostics.contains { $0.severity == .error || strict && $0.severity == .warning }
    guard let service, !isRefused else { throw ExitCode(1) }
    try OutputFolder(path: "\(output)/\(service.generatedFolder)").write(service.generated)
    try OutputFolder(path: "\(output)/\(service.testsFolder)").write(service.tests)
    for file in service.files { try OutputFolder(path: output).begin(file) }
    if stats, let document {
      print(Statistics(document, service.generated + service.tests).lines(since: began), terminator: "")
    }
    print("\(output): swift run \(service.target) --port 8080")
  }

  private func serviceName() throws -> String {
    let name = name ?? baseName(output.hasSuffix("/") ? String(output.dropLast()) : output)
    let isPlain = name.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    guard isPlain, let first = name.first, first.isLetter else {
      throw Failure("'\(name)' cannot name a service: give letters, digits and hyphens with --name")
    }
    return name
  }

  private func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The package that this command was built in.
  private static func ownPackage() throws -> String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    var parts = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      .split(separator: "/")
    while !parts.isEmpty {
      parts.removeLast()
      let folder = "/" + parts.joined(separator: "/")
      if access(folder + "/Package.swift", R_OK) == 0, access(folder + "/csrc", R_OK) == 0 { return folder }
    }
    throw Failure("Katana's package is not around this command: give its folder with --katana")
  }
}
