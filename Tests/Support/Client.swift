import Dispatch
import Glibc

/// A blocking HTTP/1.1 client on one connection, as dumb as a test may be.
package struct Client: ~Copyable {
  private let socket: Int32

  package init(port: Int) throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if connected != 0 { throw ClientError.refused }
    var limit = timeval(tv_sec: patienceSeconds, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  /// Goes away with a reset, which a server hears of at once.
  package consuming func reset() {
    var linger = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
  }

  package func send(_ text: String) { send(Array(text.utf8)) }

  package func send(_ bytes: [UInt8]) {
    var sent = 0
    while sent < bytes.count {
      let n = bytes[sent...].withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if n <= 0 { return }
      sent += n
    }
  }

  package func get(_ target: String) throws -> Answer {
    send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return try answer()
  }

  package func post(_ target: String, _ body: [UInt8], type: String = "application/json") throws -> Answer {
    send("POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Type: \(type)\r\nContent-Length: \(body.count)\r\n\r\n")
    send(body)
    return try answer()
  }

  /// A request line's method and target with field lines, each with its line break, and content.
  package func request(_ line: String, _ fields: String = "", _ body: String = "") throws -> Answer {
    let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
    send("\(line) HTTP/1.1\r\nHost: localhost\r\n\(fields)\(length)\r\n\(body)")
    return try answer(hasContent: !line.hasPrefix("HEAD "))
  }

  /// One response with a Content-Length or in chunks.
  package func answer(hasContent: Bool = true) throws -> Answer {
    var head: [UInt8] = []
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) { head.append(try byte()) }
    let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
    var answer = Answer(status: Int(lines[0].split(separator: " ")[1])!, fields: [:], body: [])
    for line in lines.dropFirst() {
      let colon = line.firstIndex(of: ":")!
      let name = line[..<colon].lowercased()
      let value = line[line.index(after: colon)...].drop { $0 == " " }.description
      answer.fields[name] = answer.fields[name].map { "\($0), \(value)" } ?? value
    }
    if !hasContent || answer.status == 204 || answer.status == 304 { return answer }
    if answer.fields["transfer-encoding"] == "chunked" {
      while case let size = Int(try line(), radix: 16)!, size > 0 {
        answer.body += try take(size)
        _ = try line()
      }
      while case let line = try line(), !line.isEmpty { answer.trailers.append(line) }
    } else {
      answer.body = try take(Int(answer.fields["content-length"] ?? "0")!)
    }
    return answer
  }

  /// The next chunk of a response whose head was read; empty behind the last one.
  package func chunk() throws -> String {
    let content = try take(Int(try line(), radix: 16)!)
    _ = try line()
    return String(decoding: content, as: UTF8.self)
  }

  /// Everything up to the end of the connection.
  package func rest() -> [UInt8] {
    var got: [UInt8] = []
    while let byte = try? byte() { got.append(byte) }
    return got
  }

  private func line() throws -> String {
    var line: [UInt8] = []
    while !line.suffix(2).elementsEqual("\r\n".utf8) { line.append(try byte()) }
    return String(decoding: line.dropLast(2), as: UTF8.self)
  }

  private func byte() throws -> UInt8 { try take(1)[0] }

  package func take(_ count: Int) throws -> [UInt8] {
    var got = [UInt8](repeating: 0, count: count)
    var have = 0
    while have < count {
      let n = got[have...].withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
      if n <= 0 { throw ClientError.ended }
      have += n
    }
    return got
  }
}

package enum ClientError: Error { case refused, ended }

package struct Answer {
  package var status: Int
  package var fields: [String: String]
  package var body: [UInt8]
  /// Lines behind the chunks.
  package var trailers: [String] = []
  package var text: String { String(decoding: body, as: UTF8.self) }
}

/// Runs blocking work on a thread of its own, so that Swift's pool stays free.
package func blocking<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue(label: "client").async { continuation.resume(with: Result { try work() }) }
  }
}
