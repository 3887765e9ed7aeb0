import Foundation
import Glibc
import TestSupport

/// A PostgreSQL server in a private folder, on a port of the loopback. PostgreSQL refuses root, so that root starts it as
/// the user postgres.
final class NetworkServer: @unchecked Sendable {
  let folder: String
  let port = NetworkServer.freePort()
  /// A shell that ends the server when this process has ended, in whichever way.
  private var watcher: UnsafeMutablePointer<FILE>?
  private static let programs: String = {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    let newest = versions.sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }.last ?? "none"
    return "\(root)/\(newest)/bin"
  }()

  init() {
    var template = Array("/tmp/katana-pg-XXXXXX".utf8CString)
    folder = String(cString: mkdtemp(&template)!)
    run("chown postgres \(folder) 2>/dev/null; chmod 700 \(folder)")
    asOwner("\(Self.programs)/initdb -D \(folder)/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync")
    let stop = "\(asOwnerPrefix)\(Self.programs)/pg_ctl -D \(folder)/data -m immediate stop >/dev/null 2>&1"
    watcher = popen("cat >/dev/null; cd /tmp; \(stop); rm -rf \(folder)", "we")
    start()
  }

  deinit { remove() }

  func start() {
    let settings =
      "-k \(folder) -h 127.0.0.1 -p \(port) -c fsync=off -c full_page_writes=off "
      + "-c autovacuum=off -c max_connections=200 -c timezone=UTC"
    asOwner("\(Self.programs)/pg_ctl -D \(folder)/data -w -t \(patienceSeconds) -l \(folder)/log -o \"\(settings)\" start")
  }

  /// At once, as a crash would.
  func stop() { asOwner("\(Self.programs)/pg_ctl -D \(folder)/data -w -m immediate stop") }

  /// In order: running statements are ended.
  func stopInOrder() { asOwner("\(Self.programs)/pg_ctl -D \(folder)/data -w -m fast stop") }

  func remove() {
    if let watcher { pclose(watcher) }
    watcher = nil
  }

  /// Runs SQL by psql: the other side's view.
  @discardableResult
  func psql(_ sql: String) -> String {
    let file = "\(folder)/q\(UInt32.random(in: 0...(.max))).sql"
    try? sql.write(toFile: file, atomically: false, encoding: .utf8)
    run("chmod 644 \(file)")
    defer { unlink(file) }
    let server = "-h \(folder) -p \(port) -U postgres -d postgres"
    return asOwner("\(Self.programs)/psql \(server) -At -q -v ON_ERROR_STOP=1 -f \(file)")
  }

  private var asOwnerPrefix: String {
    geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : ""
  }

  /// A port that nobody has at the moment.
  static func freePort() -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size)
        getsockname(socket, $0, &size)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  @discardableResult
  func asOwner(_ command: String) -> String {
    let script = "\(folder)/do\(UInt32.random(in: 0...(.max)))"
    try? command.write(toFile: script, atomically: false, encoding: .utf8)
    run("chmod 644 \(script)")
    defer { unlink(script) }
    return run("cd /tmp; \(asOwnerPrefix)sh \(script)")
  }

  @discardableResult
  private func run(_ command: String) -> String {
    let stream = popen("(\(command)) 2>&1 </dev/null 9>&-", "r")!
    var out: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let n = fread(&buffer, 1, buffer.count, stream), n > 0 { out += buffer[..<n] }
    pclose(stream)
    return String(decoding: out, as: UTF8.self).trimmingCharacters(in: .newlines)
  }
}
