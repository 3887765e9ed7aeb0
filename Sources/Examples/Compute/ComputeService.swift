import Katana

struct ComputeService: ComputeAPI {
  func sum(body: [Double], _ context: Context) -> Double { body.reduce(0, +) }

  func mean(body: [Double], _ context: Context) -> Double { body.reduce(0, +) / Double(body.count) }

  func bounds(body: [Double], _ context: Context) -> Interval {
    // The contract has no empty arrays.
    Interval(least: body.min() ?? 0, greatest: body.max() ?? 0)
  }
}
