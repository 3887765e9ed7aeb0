import CKatana
import Logging

/// Owns the C server and the handlers that its route table points to.
final class NativeServer: @unchecked Sendable {
  private let server: OpaquePointer
  private let logSink: Unmanaged<LogSink>

  var port: UInt16 { kt_server_port(server) }
  var reactors: Int { Int(kt_server_reactors(server)) }
  var driver: String { String(cString: kt_server_driver(server)) }
  var driverReason: String { String(cString: kt_server_driver_reason(server)) }
  var summary: String {
    var line = [CChar](repeating: 0, count: 600)
    kt_server_describe(server, &line, line.count)
    return text(line)
  }
  var counters: kt_counters { kt_server_counters(server) }

  init(_ configuration: ServerConfiguration, _ router: Router, _ logger: Logger) throws(ServerError) {
    logSink = Unmanaged.passRetained(LogSink(logger))
    let routes: OpaquePointer
    do {
      routes = try compile(router)
    } catch {
      logSink.release()
      throw error
    }
    var error = [CChar](repeating: 0, count: 512)
    let created = configuration.withNative(log: logSink.toOpaque()) { native in
      withUnsafePointer(to: native) { kt_server_create($0, routes, &error, error.count) }
    }
    guard let created else {
      kt_routes_destroy(routes)
      logSink.release()
      throw ServerError(description: text(error))
    }
    server = created
  }

  deinit {
    kt_server_destroy(server)
    logSink.release()
  }

  func start() throws(ServerError) {
    if kt_server_start(server) != KT_OK { throw ServerError(description: "cannot start a reactor's thread") }
  }

  func reload(_ tls: TLSConfiguration) throws(ServerError) {
    var error = [CChar](repeating: 0, count: 512)
    let done = tls.withNative { kt_server_reload_tls(server, $0, &error, error.count) }
    if !done { throw ServerError(description: text(error)) }
  }

  func take(_ socket: Int32) -> Bool { kt_server_take(server, socket) == KT_OK }

  func drain(milliseconds: UInt32) { kt_server_drain(server, milliseconds) }

  /// Blocks until every reactor has ended.
  func join() { kt_server_join(server) }
}

/// Where the C core's log lines go. One line per event of the server, none per request.
final class LogSink: Sendable {
  let logger: Logger
  init(_ logger: Logger) { self.logger = logger }

  static let write: kt_log_fn = { context, level, message in
    let sink = Unmanaged<LogSink>.fromOpaque(context!).takeUnretainedValue()
    let level: Logger.Level =
      switch level {
      case KT_LOG_DEBUG: .debug
      case KT_LOG_INFO: .info
      case KT_LOG_WARNING: .warning
      default: .error
      }
    sink.logger.log(level: level, "\(String(cString: message))")
  }
}

private func text(_ error: [CChar]) -> String {
  String(decoding: error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The table holds a reference to each handler and to its security and releases them with its last request.
private func compile(_ router: Router) throws(ServerError) -> OpaquePointer {
  var error = [CChar](repeating: 0, count: 512)
  let entries = try router.compiled()
  let texts = entries.map { (path: Array($0.route.path.utf8), types: Array($0.route.mediaTypes.joined(separator: ",").utf8)) }
  var specs: [kt_route_spec] = []
  let routes = withPointers(to: texts) { pointers -> OpaquePointer? in
    for (entry, text) in zip(entries, pointers) { specs.append(spec(entry, path: text.path, mediaTypes: text.types)) }
    return kt_routes_create(specs, specs.count, { Unmanaged<AnyObject>.fromOpaque($0!).release() }, &error, error.count)
  }
  if let routes { return routes }
  for spec in specs {
    Unmanaged<AnyObject>.fromOpaque(spec.context).release()
    if let security = spec.authorise_context { Unmanaged<AnyObject>.fromOpaque(security).release() }
  }
  throw ServerError(description: text(error))
}

private func spec(_ entry: CompiledRoute, path: kt_bytes, mediaTypes: kt_bytes) -> kt_route_spec {
  let function: kt_handler_fn
  let context: UnsafeMutableRawPointer
  switch entry.handler {
  case .sync(let handler):
    function = SyncHandler.entry
    context = Unmanaged.passRetained(handler).toOpaque()
  case .async(let handler):
    function = AsyncHandler.entry
    context = Unmanaged.passRetained(handler).toOpaque()
  case .folder(let handler):
    function = FolderHandler.entry
    context = Unmanaged.passRetained(handler).toOpaque()
  }
  let route = entry.route
  return kt_route_spec(
    method: route.method.rawValue,
    body_mode: UInt8((route.streamsContent ? KT_BODY_STREAM : KT_BODY_BUFFER).rawValue),
    path: path, handler: function, context: context,
    body_size_max: UInt64(route.contentSizeMax ?? 0), deadline_ms: route.deadlineMilliseconds ?? 0,
    media_types: mediaTypes, body_required: route.requiresContent, coding: route.compression.rawValue,
    authorise: entry.security == nil ? nil : RouteSecurity.entry,
    authorise_context: entry.security.map { Unmanaged.passRetained($0).toOpaque() })
}

/// Copies every text into one block that lives for the call.
private func withPointers<R>(
  to texts: [(path: [UInt8], types: [UInt8])], _ body: ([(path: kt_bytes, types: kt_bytes)]) -> R
) -> R {
  let all = texts.flatMap { $0.path + $0.types }
  return all.withUnsafeBufferPointer { block in
    var at = 0
    func take(_ count: Int) -> kt_bytes {
      defer { at += count }
      return kt_bytes(p: block.baseAddress.map { $0 + at }, n: count)
    }
    let pointers = texts.map { (path: take($0.path.count), types: take($0.types.count)) }
    return body(pointers)
  }
}

extension ServerConfiguration {
  fileprivate func withNative<R>(log: UnsafeMutableRawPointer, _ body: (kt_config) -> R) -> R {
    host.withCString { host in
      io.withCString { io in
        var native = kt_config_default()
        native.host = host
        native.io = io
        native.port = port
        native.listen = listens
        native.reactors = reactors
        native.pin = pinsReactors
        native.rebalance = rebalancesConnections
        native.h2c = acceptsHTTP2WithoutTLS
        native.h2_streams_max = http2StreamsMax
        native.h2_window_size = http2WindowSize
        native.compress = compressesResponses
        native.decompress = decodesRequests
        native.encode_whole_max = compressedAtOnceMax
        native.encode_slice_size = compressionSliceSize
        native.decode_slice_size = decompressionSliceSize
        native.backlog = backlog
        native.head_size_max = headSizeMax
        native.target_size_max = targetSizeMax
        native.field_count_max = fieldCountMax
        native.body_size_max = contentSizeMax
        native.connections_max = connectionsMax
        native.handshake_timeout_ms = handshakeTimeoutMilliseconds
        native.head_timeout_ms = headTimeoutMilliseconds
        native.idle_timeout_ms = idleTimeoutMilliseconds
        native.body_timeout_ms = contentTimeoutMilliseconds
        native.body_rate_min = contentRateMin
        native.write_timeout_ms = writeTimeoutMilliseconds
        native.request_timeout_ms = requestTimeoutMilliseconds
        native.workers = workers
        native.work_queue_max = workQueueMax
        native.log = LogSink.write
        native.log_context = log
        native.reactor_began = beginReactor
        native.reactor_ended = endReactor
        guard let tls else { return body(native) }
        return tls.withNative {
          native.tls = $0
          return body(native)
        }
      }
    }
  }
}

/// Gives the reactor its executor.
private let beginReactor: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer) -> Void = { _, reactor in
  let executor = Unmanaged.passRetained(ReactorExecutor(reactor: reactor)).toOpaque()
  kt_reactor_set_data(reactor, executor)
  kt_reactor_set_jobs(
    reactor,
    { Unmanaged<ReactorExecutor>.fromOpaque($0!)._withUnsafeGuaranteedRef { $0.drain() } }, executor)
}

private let endReactor: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer) -> Void = { _, reactor in
  let executor = Unmanaged<ReactorExecutor>.fromOpaque(kt_reactor_data(reactor)!)
  executor.takeUnretainedValue().close()
  executor.release()
}
