// The comparison server of the load benchmark: Hummingbird as its own documentation builds a hello.

import Foundation
import Hummingbird
import Logging

struct Message: ResponseEncodable {
    let message: String
}

guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
    FileHandle.standardError.write(Data("usage: hummingbird-hello PORT\n".utf8))
    exit(1)
}

let router = Router()
router.get("/plaintext") { _, _ in "Hello, World!" }
router.get("/json") { _, _ in Message(message: "Hello, World!") }

// Only errors are logged: a line per request would be measured as part of the server.
var logger = Logger(label: "hummingbird-hello")
logger.logLevel = .error

let application = Application(
    router: router,
    configuration: .init(address: .hostname("127.0.0.1", port: port)),
    logger: logger
)
try await application.runService()
