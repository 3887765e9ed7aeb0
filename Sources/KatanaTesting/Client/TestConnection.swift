import Glibc

/// One HTTP/1.1 connection, used by one thread at a time, whose calls block.
final class TestConnection: @unchecked Sendable {
  private let descriptor: Int32
  private var unread: [UInt8] = []
  /// False once the server said that it closes the connection, or an exchange failed.
  private(set) var isReusable = true
  /// Whether the connection ended without a byte of the last response.
  private(set) var endedUnanswered = false

  /// Takes the descriptor over.
  init(_ descriptor: Int32, timeoutSeconds: Int) {
    self.descriptor = descriptor
    var limit = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Whether the server has closed its side.
  var hasEnded: Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&poll, 1, 0) > 0
  }

  func exchange(_ request: TestRequest) throws -> TestResponse {
    isReusable = false
    // A server may answer, and close, before it has read everything.
    send(request.bytes)
    var response = try head()
    defer { endedUnanswered = false }
    while response.status / 100 == 1 { response = try head() }
    let closes = response["Connection"]?.lowercased().contains("close") ?? false
    let isBare = request.method == "HEAD" || response.status == 204 || response.status == 304
    isReusable = !closes
    if isBare { return response }
    if response["Transfer-Encoding"]?.lowercased() == "chunked" {
      while true {
        let line = try line()
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else { throw broken("'\(line)' is no chunk size") }
        if size == 0 { break }
        response.body += try take(size)
        _ = try self.line()
      }
      response.trailers = try fieldLines()
    } else if let length = response["Content-Length"] {
      guard let count = Int(length) else { throw broken("'\(length)' is no length") }
      response.body = try take(count)
    } else {
      isReusable = false
      while try receive() {}
      response.body = unread
    }
    return response
  }

  private func head() throws -> TestResponse {
    let line = try line()
    let parts = line.split(separator: " ", maxSplits: 2)
    guard parts.count >= 2, parts[0] == "HTTP/1.1", let status = Int(parts[1]) else {
      throw broken("'\(line)' is no status line")
    }
    return TestResponse(status: status, fields: try fieldLines())
  }

  private func fieldLines() throws -> [TestRequest.Field] {
    var fields: [TestRequest.Field] = []
    while case let line = try line(), !line.isEmpty {
      guard let colon = line.firstIndex(of: ":") else { throw broken("'\(line)' is no field") }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields.append(TestRequest.Field(name: String(line[..<colon]), value: String(value)))
    }
    return fields
  }

  private func line() throws -> String {
    var searched = 0
    while true {
      if let end = unread[searched...].firstIndex(of: 10) {
        let line = unread[..<end]
        unread.removeFirst(end + 1)
        return String(decoding: line.last == 13 ? line.dropLast() : line, as: UTF8.self)
      }
      searched = unread.count
      if try !receive() { throw ended() }
    }
  }

  private func take(_ count: Int) throws -> [UInt8] {
    while unread.count < count { if try !receive() { throw ended() } }
    defer { unread.removeFirst(count) }
    return Array(unread[..<count])
  }

  /// False at the end of the connection.
  private func receive() throws -> Bool {
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    let count = chunk.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    if count < 0, errno == EAGAIN { throw broken("no answer in time") }
    if count < 0 { throw ended() }
    unread += chunk[..<count]
    return count > 0
  }

  private func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  private func ended() -> TestClientError {
    endedUnanswered = unread.isEmpty
    return broken("the server ended the connection")
  }

  private func broken(_ reason: String) -> TestClientError {
    isReusable = false
    return TestClientError(description: reason)
  }
}
