import Glibc
import Synchronization

/// A PostgreSQL server of one's own, in a private folder, reached over a Unix socket in that folder only: for tests,
/// for development, and to ask what a statement means. It is not durable, and nothing of it remains.
///
/// A shell watches over the server and holds one end of a socket pair of which this process holds the other. When that
/// closes, by ``stop()`` or because this process ended in any way, SIGKILL included, the server is stopped and its
/// folder removed. Where this process is root's, the server runs as the user `postgres` (or `nobody`), because
/// PostgreSQL refuses root.
public final class EphemeralPostgres: Sendable {
  /// Why there is no server, with what to do about it.
  public struct Failure: Error, CustomStringConvertible, Sendable {
    public let description: String
  }

  /// `postgresql://postgres@:5432/postgres?host=…`: for libpq and all that take its addresses. The user is a superuser.
  public let url: String
  /// The socket's folder, which is the server's private one: mode 0700.
  public let folder: String

  private struct State {
    var supervisor: pid_t?
    /// Commands go out and answers come in. Closing it ends the server.
    var channel: CInt
  }

  private let state: Mutex<State>

  /// How long a server may take to start; `initdb` takes a second on an idle machine.
  public static let startMilliseconds = 120_000
  /// What `sun_path` holds, less the socket's name and the NUL.
  private static let socketFolderMax = 107 - "/.s.PGSQL.5432".utf8.count

  /// Makes a database cluster and starts its server, which takes about two seconds. Blocks the calling thread.
  ///
  /// - Parameter settings: of `postgresql.conf`, over Katana's own, which trade durability for speed.
  public static func start(settings: [String: String] = [:]) throws(Failure) -> EphemeralPostgres {
    let programs = try PostgresPrograms.find()
    let account = try ServerAccount.choose()
    let folder = try makeFolder(for: account)
    var server: EphemeralPostgres?
    do throws(Failure) {
      let (supervisor, channel) = try spawn(programs, account, folder, settings)
      let started = EphemeralPostgres(folder: folder, State(supervisor: supervisor, channel: channel))
      server = started
      try started.awaitAnswer("ready")
      return started
    } catch {
      if let server { server.stop() } else { rmdir(folder) }
      throw error
    }
  }

  private init(folder: String, _ state: State) {
    self.folder = folder
    // With the port: libpq would take another from PGPORT. Without '&', which a shell would take for its own.
    url = "postgresql://postgres@:5432/postgres?host=" + Self.percentEncoded(folder)
    self.state = Mutex(state)
  }

  deinit { stop() }

  /// Ends the server and removes its folder. Later calls do nothing.
  public func stop() {
    state.withLock { state in
      guard let supervisor = state.supervisor else { return }
      close(state.channel)
      var status: CInt = 0
      while waitpid(supervisor, &status, 0) < 0, errno == EINTR {}
      state.supervisor = nil
    }
  }

  /// Kills the server as a crash would (SIGQUIT, after which it has to recover) and waits until it is gone. What it
  /// has stored is kept: ``restart()`` starts it on the same socket.
  public func crash() throws(Failure) {
    send("crash")
    try awaitAnswer("stopped")
  }

  /// Starts a server that ``crash()`` has ended.
  public func restart() throws(Failure) {
    send("start")
    try awaitAnswer("ready")
  }

  private func send(_ command: String) {
    let line = Array((command + "\n").utf8)
    state.withLock { state in
      guard state.supervisor != nil else { return }
      _ = Glibc.send(state.channel, line, line.count, CInt(MSG_NOSIGNAL))
    }
  }

  private func awaitAnswer(_ expected: String) throws(Failure) {
    let descriptor = state.withLock { $0.channel }
    var line: [UInt8] = []
    while line.last != UInt8(ascii: "\n") {
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = Glibc.poll(&poll, 1, CInt(Self.startMilliseconds))
      if ready < 0, errno == EINTR { continue }
      var byte: UInt8 = 0
      guard ready > 0, read(descriptor, &byte, 1) == 1 else { break }
      line.append(byte)
    }
    if line.elementsEqual((expected + "\n").utf8) { return }
    let log = Self.tail(of: folder + "/log")
    throw Failure(description: "the PostgreSQL server does not start" + (log.isEmpty ? "" : ":\n\(log)"))
  }
}

extension EphemeralPostgres {
  /// Arguments: folder, folder of the programs, what starts a program as the server's user, settings.
  private static let script = """
    umask 077
    folder=$1 programs=$2 as=$3
    shift 3
    trap : INT TERM HUP PIPE
    start() {
      $as "$programs/postgres" -D "$folder/data" -k "$folder" -h '' "$@" >>"$folder/log" 2>&1 </dev/null &
      server=$!
      while kill -0 $server 2>/dev/null; do
        if "$programs/pg_isready" -q -h "$folder" -U postgres -d postgres 2>/dev/null; then echo ready; return; fi
        sleep 0.05
      done
      echo failed
    }
    crash() {
      kill -QUIT $server 2>/dev/null
      wait $server
    }
    server=
    cd "$folder"
    if $as "$programs/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
      >>"$folder/log" 2>&1 </dev/null; then start "$@"; else echo failed; fi
    while read -r command; do
      case $command in
        start) start "$@" ;;
        crash) crash; echo stopped ;;
      esac
    done
    if [ -n "$server" ]; then crash; fi
    cd /
    rm -rf "$folder"
    """

  private static let settings: [String: String] = [
    "autovacuum": "off", "fsync": "off", "full_page_writes": "off", "listen_addresses": "", "log_min_messages": "fatal",
    "max_connections": "100", "shared_buffers": "32MB", "synchronous_commit": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "timezone": "UTC",
  ]

  /// POSIX_SPAWN_SETSID, which the headers keep behind _GNU_SOURCE.
  private static let spawnSetsid: Int16 = 0x80

  static func spawn(
    _ programs: PostgresPrograms,
    _ account: ServerAccount,
    _ folder: String,
    _ settings: [String: String]
  ) throws(Failure) -> (supervisor: pid_t, channel: CInt) {
    let options = Self.settings.merging(settings) { $1 }.sorted { $0.key < $1.key }
      .flatMap { ["-c", "\($0.key)=\($0.value)"] }
    let arguments = ["sh", "-c", script, "katana-postgres", folder, programs.folder, account.prefix] + options
    var ends: [CInt] = [-1, -1]
    let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw failure("make a pair of sockets") }
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
      close(ends[1])
    }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    // What others of this process hold open, a test's output for example, must not wait for the server's end. The gaps
    // and some numbers beyond are for what other threads open meanwhile; closing what is not open is no error.
    let highest = FolderListing.names(in: "/proc/self/fd").compactMap { CInt($0) }.max() ?? 2
    let end = min(highest + 64, CInt(clamping: sysconf(CInt(_SC_OPEN_MAX))))
    for descriptor in 3..<max(3, end) { posix_spawn_file_actions_addclose(&actions, descriptor) }
    // A session of its own: an interrupt from the terminal ends this process, and by that the server in good order.
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes,
      spawnSetsid | Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF)
    )
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8"]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for word in words + variables { free(word) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, "/bin/sh", &actions, &attributes, &words, &variables)
    guard status == 0 else {
      close(ends[0])
      errno = status
      throw failure("start a shell")
    }
    return (process, ends[0])
  }

  /// A private folder, in TMPDIR or, where the server's user cannot get there or its name is too long for a socket, in
  /// `/tmp`.
  static func makeFolder(for account: ServerAccount) throws(Failure) -> String {
    let wanted = PostgresPrograms.environment("TMPDIR") ?? "/tmp"
    let fits = wanted.hasPrefix("/") && wanted.utf8.count + "/katana-pg-XXXXXX".utf8.count <= socketFolderMax
    let base = fits && (account.user == nil || isOpen(wanted)) ? wanted : "/tmp"
    var template = Array((base + "/katana-pg-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw failure("make a folder in \(base)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if let user = account.user, chown(folder, user, account.group) != 0 {
      let problem = failure("give \(folder) to the server's user")
      rmdir(folder)
      throw problem
    }
    return folder
  }

  /// Whether every user may go through the folder and all above it.
  private static func isOpen(_ path: String) -> Bool {
    var path = path[...]
    while true {
      var status = stat()
      guard stat(path.isEmpty ? "/" : String(path), &status) == 0, status.st_mode & 0o001 != 0 else { return false }
      guard let slash = path.lastIndex(of: "/") else { return true }
      path = path[..<slash]
    }
  }

  private static func failure(_ verb: String) -> Failure {
    Failure(description: "cannot \(verb): \(String(cString: strerror(errno)))")
  }

  private static func percentEncoded(_ path: String) -> String {
    var text = ""
    for byte in path.utf8 {
      let isPlain = (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-._~/".utf8.contains(byte)
      text += isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return text
  }

  /// The end of a log.
  private static func tail(of path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    let lines = String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n")
    return lines.suffix(12).joined(separator: "\n")
  }
}
