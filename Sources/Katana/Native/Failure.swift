import CKatana

extension Context {
  /// Answers for a handler that threw: a ``Problem`` as it is, anything else as the problem that it converts to or as
  /// 500, with the error in the log only. What is the client's mistake is not logged: clients could fill it.
  ///
  /// - Parameter label: what the route is known by.
  func fail(_ error: any Error, in label: String) {
    if kt_exchange_cancelled(exchange) { return }
    if kt_response_started(exchange) {
      log("\(label) failed after its response had begun (request \(requestID)): \(error)")
      kt_response_abort(exchange)
      return
    }
    if let problem = error as? Problem {
      respond(problem)
    } else {
      let problem = (error as? any ProblemConvertible)?.problem ?? Problem(.internalServerError)
      if problem.status.rawValue >= 500 { log("\(label) failed (request \(requestID)): \(error)") }
      if problem.status == .serviceUnavailable { setField("Retry-After", "1") }
      respond(problem)
    }
  }

  private func log(_ message: String) { kt_exchange_log(exchange, KT_LOG_ERROR, message) }
}
