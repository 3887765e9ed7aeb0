// The comparison server of the load benchmark: Hummingbird as its own documentation builds a hello.

import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOSSL

struct Message: ResponseEncodable {
    let message: String
}

let arguments = CommandLine.arguments
guard arguments.count == 2 || arguments.count == 4, let port = Int(arguments[1]) else {
    FileHandle.standardError.write(Data("usage: hummingbird-hello PORT [CERTIFICATE KEY]\n".utf8))
    exit(1)
}

/// HTTP/2 over TLS, which clients choose by ALPN, where there is a certificate; else HTTP/1.1 in clear text.
func protocols() throws -> HTTPServerBuilder {
    guard arguments.count == 4 else { return .http1() }
    let chain = try NIOSSLCertificate.fromPEMFile(arguments[2])
    let key = try NIOSSLPrivateKey(file: arguments[3], format: .pem)
    return try .http2Upgrade(
        tlsConfiguration: .makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
}

let router = Router()
router.get("/plaintext") { _, _ in "Hello, World!" }
router.get("/json") { _, _ in Message(message: "Hello, World!") }

// Only errors are logged: a line per request would be measured as part of the server.
var logger = Logger(label: "hummingbird-hello")
logger.logLevel = .error

let application = Application(
    router: router,
    server: try protocols(),
    configuration: .init(address: .hostname("127.0.0.1", port: port)),
    logger: logger
)
try await application.runService()
