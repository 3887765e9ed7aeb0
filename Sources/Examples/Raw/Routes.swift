import Katana

/// The first squares, as a list of any length.
struct Squares: JSONEncodable {
  let count: Int64

  func encode(to json: inout JSONWriter) {
    json.literal("[")
    for n in 0..<count {
      json.int64(n * n)
      json.literal(",")
    }
    json.close("]")
  }
}

func routes() -> Router {
  var router = Router()

  router.get("/plaintext") { context in
    context.respond("Hello, World!")
  }

  router.get("/json") { context in
    context.respond(#"{"message":"Hello, World!"}"#, as: .json)
  }

  router.stream(.post, "/echo") { context in
    let type = context.request.field("Content-Type")?.text() ?? MediaType.octetStream.text
    let response = context.startResponse(as: MediaType(type), length: context.request.contentLength)
    while let chunk = try await context.nextChunk() {
      try await response.write(chunk)
    }
    response.finish()
  }

  let upload = Route(
    .post, "/upload", contentSizeMax: 1 << 30, deadlineMilliseconds: 3_600_000, streamsContent: true)
  router.add(upload) { context in
    var limits = MultipartLimits()
    limits.bodySizeMax = 1 << 30
    limits.partSizeMax = 1 << 30
    let multipart = try context.multipart(limits: limits)
    var lines = ""
    while let part = try await multipart.nextPart() {
      var size = 0
      while let chunk = try await part.nextChunk() { size += chunk.byteCount }
      lines += "\(part.name) \(part.fileName ?? "-") \(part.contentType ?? "-") \(size)\n"
    }
    context.respond(lines)
  }

  router.post("/form") { context in
    context.respond(try context.request.form().map { "\($0.name)=\($0.value)\n" }.joined())
  }

  router.get("/headers") { context in
    let request = context.request
    var lines = ""
    for index in 0..<request.fieldCount {
      lines += "\(request.fieldName(index).text()): \(request.fieldValue(index).text())\n"
    }
    context.respond(lines)
  }

  router.get("/cookies") { context in
    context.respond(context.request.cookies.map { "\($0.name)=\($0.value)\n" }.joined())
  }

  router.get("/bytes/{n}") { context in
    guard let count = Int(context.request.parameter(0).text()), count >= 0 else {
      throw Problem(.badRequest, detail: "the number of bytes must be a whole number, 0 or more")
    }
    let block = [UInt8](repeating: UInt8(ascii: "x"), count: 16 * 1024)
    let response = context.startResponse(as: .octetStream, length: count)
    var left = count
    while left > 0 {
      let part = min(left, block.count)
      try await response.write(block.span.extracting(first: part).bytes)
      left -= part
    }
    response.finish()
  }

  router.get("/squares/{n}") { context in
    guard let count = Int32(context.request.parameter(0).text()), count >= 0 else {
      throw Problem(.badRequest, detail: "the number of squares must be a whole number from 0 to \(Int32.max)")
    }
    try context.respond(.ok, json: Squares(count: Int64(count)))
  }

  router.webSocket("/ws") { socket in
    for await message in socket {
      try await socket.send(message)
    }
  }

  router.get("/events") { context in
    let query = context.request.query.text()
    guard let count = query.isEmpty ? Int.max : query.hasPrefix("n=") ? Int(query.dropFirst(2)) : nil, count >= 0 else {
      throw Problem(.badRequest, detail: "n must be a whole number, 0 or more")
    }
    let events = context.startEvents()
    for n in 0..<count {
      if n > 0 { try await context.sleep(milliseconds: 1000) }
      try await events.send(ServerSentEvent(data: "tick \(n)", id: "\(n)"))
    }
    events.finish()
  }

  // The request's trailer fields, line by line; sum and size of the lines follow in the response's. They are of what is
  // written here, so no coding may change it on its way.
  router.add(Route(.post, "/trailers", streamsContent: true, compression: .never)) { context in
    while try await context.nextChunk() != nil {}
    let lines = context.request.trailers.all.map { "\($0.name): \($0.value)\n" }.joined()
    context.announceTrailers(["X-Adler32", "X-Size"])
    let response = context.startResponse(as: .plainText)
    try await response.write(lines.utf8.span.bytes)
    try response.finish(trailers: [("X-Adler32", adler32(lines.utf8)), ("X-Size", "\(lines.utf8.count)")])
  }

  router.get("/async") { context in
    try await context.sleep(milliseconds: 0)
    context.respond("Hello, World!")
  }

  router.authenticate("certificate", with: Certificates())
  let certificate = SecurityRequirement(SecurityScheme("certificate", .mutualTLS))
  router.add(Route(.get, "/whoami", security: [[certificate]])) { context in
    context.respond(context.principal(Certificates.Principal.self)?.subject ?? "")
  }

  return router
}

/// Takes every client whose certificate TLS has verified.
struct Certificates: Authenticator {
  struct Principal: Sendable { let subject: String }

  func authenticate(_ credential: Credential, _ context: Context) -> Authentication<Principal> {
    .granted(Principal(subject: credential.user.text()))
  }
}
